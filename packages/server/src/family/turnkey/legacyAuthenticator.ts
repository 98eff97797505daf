// `authenticators[]` before CREATE_AUTHENTICATORS_V2: the attestation as browsers return it.
import { z } from 'zod'
import type { Registration } from '../../domain/passkey/passkey.ts'
import { label, text, uuid } from '../../operation/schemas.ts'
import { base64UrlBytes, transports } from './credentialParameters.ts'

const attachment = text(32).optional()

export const legacyAuthenticatorParams = z
  .strictObject({
    authenticatorName: label,
    userId: uuid.optional(),
    challenge: text(256).min(1, 'must not be empty'),
    attestation: z.strictObject({
      id: base64UrlBytes(1366),
      type: z.literal('public-key'),
      rawId: base64UrlBytes(1366).describe('base64url.'),
      authenticatorAttachment: attachment,
      response: z.strictObject({
        clientDataJson: base64UrlBytes(8192).describe('base64url.'),
        attestationObject: base64UrlBytes(65_536).describe('base64url.'),
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
    ({ authenticatorName, challenge, attestation: { rawId, response } }): Registration => ({
      name: authenticatorName,
      challenge,
      credentialId: rawId,
      clientDataJson: response.clientDataJson,
      attestationObject: response.attestationObject,
      transports: response.transports,
    }),
  )
