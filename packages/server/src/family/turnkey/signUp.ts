// Who signs up: nobody yet. The stamp proves the possession of a key that the request registers.
import { parsePublicKey } from '@keystead/crypto/node'
import { z } from 'zod'
import type { Directory } from '../../domain/organization/directory.ts'
import { AppError } from '../../errors.ts'
import type { Call, Caller } from '../../operation/family.ts'
import { list } from '../../operation/schemas.ts'
import { INSTANCE_ID } from '../../platform/ids.ts'
import { apiKeyParamsV2 } from './credentialParameters.ts'
import { parseStamp, verifyStamp } from './stamp.ts'
import { dropNulls } from './wire.ts'

/** As much of a body as says whose it is. */
const signUpBody = z.object({
  organizationId: z.literal(INSTANCE_ID),
  parameters: z.object({ apiKeys: list(apiKeyParamsV2, 20) }),
})

/**
 * Authenticates a sign-up. It runs in the instance, so that its body is known there when it comes
 * again; nobody else can sign the same body, since it names the key.
 * @throws AppError `STAMP_MISSING`, `PUBLIC_KEY_NOT_FOUND`, `SIGNATURE_INVALID`
 */
export async function authenticateSignUp(
  { request, json }: Call,
  directory: Directory,
): Promise<Caller> {
  const header = request.headers['x-stamp']
  if (header === undefined) throw new AppError('STAMP_MISSING')
  const stamp = parseStamp(header)
  const parsed = signUpBody.safeParse(dropNulls(json))
  const keys = parsed.data?.parameters.apiKeys ?? []
  const claimed = keys.find(({ publicKey }) => publicKey === stamp.publicKey)
  if (claimed === undefined) throw new AppError('PUBLIC_KEY_NOT_FOUND')
  const key = parsePublicKey(claimed.curve, Buffer.from(claimed.publicKey, 'hex'))
  if (key === undefined || !verifyStamp(stamp, key, request.body)) {
    throw new AppError('SIGNATURE_INVALID')
  }
  const organization = await directory.refresh(INSTANCE_ID)
  if (organization === undefined) throw new AppError('ORGANIZATION_NOT_FOUND')
  const actor = { organizationId: INSTANCE_ID, userId: INSTANCE_ID }
  return {
    actor,
    credentialId: '',
    ballot: { voter: actor, credentialId: '' },
    validUntilMs: null,
    organization,
    parent: null,
    stamp: header,
  }
}
