// The audit chain of one organization: what an entry says, and the link that ties it to the last.
import { sha256 } from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import { fewRandomBytes } from '../../platform/random.ts'

const VERSION = 1
const SALT_BYTES = 32

/** Who did what to what, with which outcome. Everything here is public to the organization. */
export interface AuditFacts {
  /** `user:<organization>/<user>`, `host`, `system` or `stranger`. */
  actor: string
  /** The credential's id, or empty. */
  credential: string
  /** An activity's type, or what the host did as `<noun>.<verb>`. */
  action: string
  /** The kind of thing acted on, or the id of what the host made; may be empty. */
  resource: string
  outcome: 'accepted' | 'held' | 'denied' | 'failed' | 'rejected' | 'refused'
  activityId: string | null
  /** SHA-256 of the request body. */
  bodyHash: Buffer | null
  /** Further facts; erased by retention without breaking the chain. Never a secret. */
  payload: Record<string, unknown>
}

/** One row of `audit_entry`. */
export interface AuditEntry {
  organization_id: string
  seq: number
  at_ms: number
  unit_id: string
  actor: string
  credential: string
  action: string
  resource: string
  outcome: string
  activity_id: string | null
  body_hash: Buffer | null
  payload_digest: Buffer
  payload: string | null
  payload_salt: Buffer | null
  link: Buffer
}

/** The link before the first entry. */
export function genesisLink(organizationId: string): Buffer {
  return sha256(encodeFields(['keystead.audit.genesis', VERSION, uuidToBytes(organizationId)]))
}

/** `SHA-256(salt ‖ payload)`: lets payload and salt be erased while the chain still verifies. */
export function payloadDigest(salt: Buffer, payload: string): Buffer {
  return sha256(Buffer.concat([salt, Buffer.from(payload, 'utf8')]))
}

/** The link of an entry, from its own fields and the link before it. */
export function entryLink(entry: Omit<AuditEntry, 'link'>, previous: Buffer): Buffer {
  const facts = sha256(
    encodeFields([
      entry.at_ms,
      uuidToBytes(entry.unit_id),
      entry.actor,
      entry.credential,
      entry.action,
      entry.resource,
      entry.outcome,
      entry.activity_id === null ? null : uuidToBytes(entry.activity_id),
      entry.body_hash,
    ]),
  )
  return sha256(
    encodeFields([
      'keystead.audit.entry',
      VERSION,
      uuidToBytes(entry.organization_id),
      entry.seq,
      previous,
      facts,
      entry.payload_digest,
    ]),
  )
}

/** Where in a chain an entry goes. */
export interface Position {
  organizationId: string
  seq: number
  atMs: number
  previous: Buffer
}

/** Turns facts into the chained row at `position`. */
export function chainEntry(unitId: string, facts: AuditFacts, position: Position): AuditEntry {
  const payload = JSON.stringify(facts.payload)
  const salt = fewRandomBytes(SALT_BYTES)
  const entry = {
    organization_id: position.organizationId,
    seq: position.seq,
    at_ms: position.atMs,
    unit_id: unitId,
    actor: facts.actor,
    credential: facts.credential,
    action: facts.action,
    resource: facts.resource,
    outcome: facts.outcome,
    activity_id: facts.activityId,
    body_hash: facts.bodyHash,
    payload_digest: payloadDigest(salt, payload),
    payload,
    payload_salt: salt,
  }
  return { ...entry, link: entryLink(entry, position.previous) }
}
