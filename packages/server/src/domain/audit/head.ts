// An organization's head: the one row that its writers take, and the keyed tag that protects it.
import type { KeyObject } from 'node:crypto'
import { equalBytes, hmacSha256 } from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'

export interface Head {
  organizationId: string
  /** Counts changes of the snapshot. */
  revision: number
  /** The number of the newest audit entry. */
  seq: number
  link: Buffer
  lastMs: number
  stateMac: Buffer
  /** Of all pages of what limits have counted; null: nothing was. */
  spendingDigest: Buffer | null
}

/** Thrown when stored rows do not carry the MAC that this server gave them. */
export class Tampered extends Error {
  override name = 'Tampered'
}

/** HMAC over the whole head. SECURITY: without the key nobody can shorten or fork a chain. */
export function headTag(auditKey: KeyObject, head: Head): Buffer {
  return hmacSha256(
    auditKey,
    encodeFields([
      'keystead.head',
      uuidToBytes(head.organizationId),
      head.seq,
      head.link,
      head.revision,
      head.stateMac,
      head.lastMs,
      // Absent when null, so that the tags of heads that are older than limits hold.
      ...(head.spendingDigest === null ? [] : [head.spendingDigest]),
    ]),
  )
}

/** @throws Tampered when `tag` is not this head's */
export function assertHead(auditKey: KeyObject, head: Head, tag: Buffer): void {
  if (!equalBytes(headTag(auditKey, head), tag)) {
    throw new Tampered(`the head of organization ${head.organizationId} was changed from outside`)
  }
}
