// Bodies of activities as they are stored, and as they were signed.
import { equalBytes, sha256 } from '@keystead/crypto/node'
import type { ActivityRow } from '../domain/activity/activity.ts'
import { Tampered } from '../domain/audit/head.ts'
import { secretPlace } from '../domain/keyvault/sealedColumns.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { assert } from '../errors.ts'
import type { Call, Submission } from '../operation/family.ts'
import { redactedJson } from '../operation/secret.ts'
import type { JsonValue } from '../platform/strictJson.ts'
import { parseStrictJson } from '../platform/strictJson.ts'
import type { Dependencies } from './dependencies.ts'

type StoredBody = Pick<ActivityRow, 'body' | 'redacted' | 'sealed_body'>

interface Submitted {
  call: Call
  submission: Submission
  organization: Snapshot
  activityId: string
  /** Whether it waits for votes: then the original is needed again. */
  held: boolean
}

/** The columns of a body: with its secrets left out, and sealed whole only while it waits. */
export async function storedBody(deps: Dependencies, submitted: Submitted): Promise<StoredBody> {
  const { call, submission, organization, activityId, held } = submitted
  const { body } = call.request
  const json = redactedJson(submission.version.params, call.json)
  if (json === call.json) return { body, redacted: null, sealed_body: null }
  const redacted = { body: Buffer.from(JSON.stringify(json)), redacted: 1 }
  if (!held) return { ...redacted, sealed_body: null }
  const dataKey = await deps.keyvault.dataKey(deps.store.reader, organization)
  return { ...redacted, sealed_body: dataKey.seal(secretPlace('activity', activityId), body) }
}

/**
 * The body of a waiting activity, byte for byte as it was signed.
 * @throws Tampered when it is not what the fingerprint was made of
 */
export async function signedBody(deps: Dependencies, activity: ActivityRow): Promise<Buffer> {
  const body = activity.redacted === 1 ? await openBody(deps, activity) : activity.body
  // SECURITY: what was stored is verified again before it counts.
  if (!equalBytes(sha256(body), activity.fingerprint)) {
    throw new Tampered(`the body of activity ${activity.id} was changed from outside`)
  }
  return body
}

async function openBody(deps: Dependencies, activity: ActivityRow): Promise<Buffer> {
  const { id, organization_id: organizationId, sealed_body: sealed } = activity
  try {
    assert(sealed !== null, 'an activity that waits has its original body')
    return await deps.keyvault.withDataKey(deps.store.reader, organizationId, (dataKey) =>
      dataKey.open(secretPlace('activity', id), sealed),
    )
  } catch (cause) {
    throw new Tampered(`the sealed body of activity ${id} does not open`, { cause })
  }
}

/** The JSON of a body that was accepted once. */
export function acceptedJson(body: Buffer): JsonValue {
  const parsed = parseStrictJson(body)
  assert(parsed.ok, 'a stored body parses')
  return parsed.value
}
