// Credentials in the wire form of the Turnkey API.
import { z } from 'zod'
import type { ApiKey, OidcIdentity, Passkey } from '../../domain/organization/model.ts'
import { time, wireTime } from './time.ts'

const credential = z.object({ publicKey: z.string(), type: z.string() })

const CREDENTIAL_TYPE = {
  p256: 'CREDENTIAL_TYPE_API_KEY_P256',
  secp256k1: 'CREDENTIAL_TYPE_API_KEY_SECP256K1',
  ed25519: 'CREDENTIAL_TYPE_API_KEY_ED25519',
} as const

export const apiKeyResult = z.object({
  credential,
  apiKeyId: z.uuid(),
  apiKeyName: z.string(),
  createdAt: time,
  updatedAt: time,
  expirationSeconds: z.string().optional(),
})

export const exampleApiKey: z.input<typeof apiKeyResult> = {
  credential: {
    publicKey: '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed',
    type: 'CREDENTIAL_TYPE_API_KEY_P256',
  },
  apiKeyId: '019a0000-0000-7000-8000-000000000003',
  apiKeyName: 'laptop',
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
  expirationSeconds: '86400',
}

export function wireApiKey(key: ApiKey): z.input<typeof apiKeyResult> {
  return {
    credential: { publicKey: key.publicKey, type: CREDENTIAL_TYPE[key.curve] },
    apiKeyId: key.id,
    apiKeyName: key.name,
    createdAt: wireTime(key.createdMs),
    updatedAt: wireTime(key.updatedMs),
    ...(key.expirationSeconds === null ? {} : { expirationSeconds: key.expirationSeconds }),
  }
}

export const authenticatorResult = z.object({
  transports: z.array(z.string()),
  attestationType: z.string(),
  aaguid: z.guid(),
  credentialId: z.string(),
  model: z.string(),
  credential,
  authenticatorId: z.uuid(),
  authenticatorName: z.string(),
  createdAt: time,
  updatedAt: time,
})

export const exampleAuthenticator: z.input<typeof authenticatorResult> = {
  transports: ['AUTHENTICATOR_TRANSPORT_INTERNAL'],
  attestationType: 'none',
  aaguid: '8446ccb9-ab1d-b374-750b-2367ff6f3a1f',
  credentialId: '-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q',
  model: '',
  credential: {
    publicKey:
      'pQECAyYgASFYIK_voW-XypstI-uGzLZAmNINuQhWBi6yScM6m2cvJt9hIlggkwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4mZHlrkiA',
    type: 'CREDENTIAL_TYPE_WEBAUTHN_AUTHENTICATOR',
  },
  authenticatorId: '019a0000-0000-7000-8000-00000000000b',
  authenticatorName: 'phone',
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
}

/** A passkey under the API's name for it; its public key is a COSE_Key in base64url. */
export function wireAuthenticator(passkey: Passkey): z.input<typeof authenticatorResult> {
  return {
    transports: [...passkey.transports],
    attestationType: passkey.attestationFormat,
    aaguid: passkey.aaguid,
    credentialId: passkey.credentialId,
    model: '',
    credential: {
      publicKey: passkey.publicKey.toString('base64url'),
      type: 'CREDENTIAL_TYPE_WEBAUTHN_AUTHENTICATOR',
    },
    authenticatorId: passkey.id,
    authenticatorName: passkey.name,
    createdAt: wireTime(passkey.createdMs),
    updatedAt: wireTime(passkey.updatedMs),
  }
}

export const oauthProviderResult = z.object({
  providerId: z.uuid(),
  providerName: z.string(),
  issuer: z.string(),
  audience: z.string(),
  subject: z.string(),
  createdAt: time,
  updatedAt: time,
})

export function wireOauthProvider(identity: OidcIdentity): z.input<typeof oauthProviderResult> {
  return {
    providerId: identity.id,
    providerName: identity.name,
    issuer: identity.issuer,
    audience: identity.audience,
    subject: identity.subject,
    createdAt: wireTime(identity.createdMs),
    updatedAt: wireTime(identity.updatedMs),
  }
}
