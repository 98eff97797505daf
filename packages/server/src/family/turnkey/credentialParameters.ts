// Parameter shapes of users' credentials, and their translation to our nouns.
import { z } from 'zod'
import { decodeBase64Url } from '@keystead/crypto/node'
import type { ApiKeyParams } from '../../domain/credential/apiKey.ts'
import type { ClaimedCredentials } from '../../domain/credential/credentials.ts'
import type { ClaimedIdentity } from '../../domain/credential/oidcIdentity.ts'
import type { Registration } from '../../domain/passkey/registration.ts'
import { label, list, oneOf, text, uuid } from '../../operation/schemas.ts'
import { secret } from '../../operation/secret.ts'

const API_KEY_CURVE = {
  API_KEY_CURVE_P256: 'p256',
  API_KEY_CURVE_SECP256K1: 'secp256k1',
  API_KEY_CURVE_ED25519: 'ed25519',
} as const

const hexKey = text(130).regex(/^([0-9a-fA-F]{2})+$/, 'must be hexadecimal')

/** `apiKeys[]` since CREATE_API_KEYS_V2. */
export const apiKeyParamsV2 = z
  .strictObject({
    apiKeyName: label,
    publicKey: hexKey.describe('In hexadecimal.'),
    curveType: oneOf(['API_KEY_CURVE_P256', 'API_KEY_CURVE_SECP256K1', 'API_KEY_CURVE_ED25519'], {
      invalid: 'must be an API_KEY_CURVE_…',
      missing: 'is required',
    }),
    expirationSeconds: text(32).optional().describe('Decimal text; absent: never.'),
  })
  .transform(
    (key): ApiKeyParams => ({
      name: key.apiKeyName,
      publicKey: key.publicKey.toLowerCase(),
      curve: API_KEY_CURVE[key.curveType],
      expirationSeconds: key.expirationSeconds ?? null,
    }),
  )

/** `apiKeys[]` before the curve could be chosen: P-256. */
export const apiKeyParamsV1 = z
  .strictObject({
    apiKeyName: label,
    publicKey: text(66).regex(/^[0-9a-fA-F]{66}$/, 'must be 66 hexadecimal digits'),
    curveType: z.literal('API_KEY_CURVE_P256').optional(),
    expirationSeconds: text(32).optional(),
  })
  .transform(
    (key): ApiKeyParams => ({
      name: key.apiKeyName,
      publicKey: key.publicKey.toLowerCase(),
      curve: 'p256',
      expirationSeconds: key.expirationSeconds ?? null,
    }),
  )

/** Bytes in base64url, with or without padding. */
function base64UrlBytes(max: number) {
  return text(max).transform((value, context) => {
    const bytes = decodeBase64Url(value.replace(/=+$/, ''))
    if (bytes !== undefined) return bytes
    context.addIssue({ code: 'custom', message: 'must be base64url' })
    return z.NEVER
  })
}

const transports = list(
  oneOf(
    [
      'AUTHENTICATOR_TRANSPORT_BLE',
      'AUTHENTICATOR_TRANSPORT_INTERNAL',
      'AUTHENTICATOR_TRANSPORT_NFC',
      'AUTHENTICATOR_TRANSPORT_USB',
      'AUTHENTICATOR_TRANSPORT_HYBRID',
    ],
    { invalid: 'must be an AUTHENTICATOR_TRANSPORT_…', missing: 'is required' },
  ),
  10,
)

const challenge = text(256).min(1, 'must not be empty')
const credentialId = base64UrlBytes(1366).describe('base64url.')
const clientDataJson = base64UrlBytes(8192).describe('base64url.')
const attestationObject = base64UrlBytes(65_536).describe('base64url.')

/** What an authenticator said when the passkey was made. */
function attestation<S extends z.core.$ZodLooseShape>(members: S) {
  return z.strictObject(members, {
    error: ({ input }) =>
      input === undefined ? 'missing parameter: user authenticator attestation' : undefined,
  })
}

/** `authenticators[]` since CREATE_AUTHENTICATORS_V2. */
export const authenticatorParamsV2 = z
  .strictObject({
    authenticatorName: label,
    challenge,
    attestation: attestation({ credentialId, clientDataJson, attestationObject, transports }),
  })
  .transform(
    (made): Registration => ({
      name: made.authenticatorName,
      challenge: made.challenge,
      ...made.attestation,
    }),
  )

/** A registration that verifies, for examples. */
export const exampleRegistration: z.input<typeof authenticatorParamsV2> = {
  authenticatorName: 'phone',
  challenge: 'AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA',
  attestation: {
    credentialId: '-R85HbTJsv3g6nAYnLo_tj9Xm6YSKzOtlP8-wzAIS-Q',
    clientDataJson:
      'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQU1NUHQ0VXh4R1RTdG5jZHE0MTdZRHdCRmk4dnBJYS1wdzhvT3VWVzRUQSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2UsImV4dHJhRGF0YSI6ImNsaWVudERhdGFKU09OIG1heSBiZSBleHRlbmRlZCB3aXRoIGFkZGl0aW9uYWwgZmllbGRzIGluIHRoZSBmdXR1cmUsIHN1Y2ggYXMgdGhpczogQmtRZURqZGNUQnJYQmlBd0pUTEU1USJ9',
    attestationObject:
      'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikv6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LVZAAAAAIRGzLmrHbN0dQsjZ_9vOh8AIPkfOR20ybL94OpwGJy6P7Y_V5umEiszrZT_PsMwCEvkpQECAyYgASFYIK_voW-XypstI-uGzLZAmNINuQhWBi6yScM6m2cvJt9hIlggkwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4mZHlrkiA',
    transports: ['AUTHENTICATOR_TRANSPORT_INTERNAL'],
  },
}

const attachment = z.enum(['cross-platform', 'platform']).optional()

/** `authenticators[]` of CREATE_AUTHENTICATORS, and of users before V2: as browsers show it. */
export const authenticatorParamsV1 = z
  .strictObject({
    authenticatorName: label,
    userId: uuid.optional(),
    challenge,
    attestation: attestation({
      id: text(1366),
      type: z.literal('public-key'),
      rawId: credentialId,
      authenticatorAttachment: attachment,
      response: z.strictObject({
        clientDataJson,
        attestationObject,
        transports,
        authenticatorAttachment: attachment,
      }),
      clientExtensionResults: z
        .strictObject({
          appid: z.boolean().optional(),
          appidExclude: z.boolean().optional(),
          credProps: z.strictObject({ rk: z.boolean().optional() }).optional(),
        })
        .optional(),
    }),
  })
  .transform(
    ({ authenticatorName, challenge: named, attestation: { rawId, response } }): Registration => ({
      name: authenticatorName,
      challenge: named,
      credentialId: rawId,
      clientDataJson: response.clientDataJson,
      attestationObject: response.attestationObject,
      transports: response.transports,
    }),
  )

// The mark goes outermost: `describe` makes a schema of its own, without it.
const oidcToken = secret(text(16_384).describe('An ID token, as its issuer signed it.'))

/** `oauthProviders[]` of CREATE_OAUTH_PROVIDERS, and of users before V8 and V4. */
export const oauthProviderParamsV1 = z.strictObject({ providerName: label, oidcToken }).transform(
  ({ providerName, oidcToken: token }): ClaimedIdentity => ({
    name: providerName,
    proof: { token },
  }),
)

/** `oauthProviders[]` of CREATE_OAUTH_PROVIDERS_V2: a token, or the claims themselves. */
export const oauthProviderParamsV2 = z
  .strictObject({
    providerName: label,
    oidcToken: oidcToken.optional(),
    oidcClaims: z
      .strictObject({ iss: text(512).min(1), sub: text(255).min(1), aud: text(255).min(1) })
      .optional(),
  })
  .transform(({ providerName, oidcToken: token, oidcClaims }, context): ClaimedIdentity => {
    if (token !== undefined && oidcClaims === undefined) {
      return { name: providerName, proof: { token } }
    }
    if (oidcClaims !== undefined && token === undefined) {
      const { iss: issuer, aud: audience, sub: subject } = oidcClaims
      return { name: providerName, proof: { claims: { issuer, audience, subject } } }
    }
    context.addIssue({ code: 'custom', message: 'needs either oidcToken or oidcClaims' })
    return z.NEVER
  })

/** The members of a user that are credentials, in the newest versions. */
export const credentialMembers = {
  apiKeys: list(apiKeyParamsV2, 20),
  authenticators: list(authenticatorParamsV2, 20),
  oauthProviders: list(oauthProviderParamsV2, 20),
  oidcProviders: list(oauthProviderParamsV2, 20),
}

/** Credentials under their names on the wire, any of which a version may lack. */
export interface WireCredentials {
  apiKeys?: readonly ApiKeyParams[]
  authenticators?: readonly Registration[]
  oauthProviders?: readonly ClaimedIdentity[]
  oidcProviders?: readonly ClaimedIdentity[]
}

export function toCredentials(wire: WireCredentials): ClaimedCredentials {
  return {
    apiKeys: wire.apiKeys ?? [],
    registrations: wire.authenticators ?? [],
    identities: [...(wire.oauthProviders ?? []), ...(wire.oidcProviders ?? [])],
  }
}
