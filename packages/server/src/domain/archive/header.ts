// The head of an archive: in clear, so that its seals can open it, and authenticated.
import { equalBytes, hkdfSha256, hmacSha256, sha256 } from '@keystead/crypto/node'
import { z } from 'zod'
import { encodeFields } from '../../platform/encoding.ts'
import type { Checkpoint } from '../audit/checkpoint.ts'
import type { RootKey } from '../keyvault/rootKeys.ts'

/** What is wrong with an archive, in words for whoever wanted to use it. */
export class ArchiveError extends Error {
  override name = 'ArchiveError'
}

const MAGIC = Buffer.from('keystead archive 1\n')
const LENGTH_BYTES = 4
const DIGEST_BYTES = 32
/** There are a few seals, of a kilobyte at most. */
const HEADER_BYTES_MAX = 1024 * 1024

/** How many bytes of a file say how long its head is. */
export const PREFIX_BYTES = MAGIC.length + LENGTH_BYTES

const hex = z.string().regex(/^([0-9a-f]{2})*$/)

/** What the newest checkpoint in the archive says; binary values in hexadecimal. */
const checkpoint = z.strictObject({
  height: z.int(),
  epoch: z.int(),
  at_ms: z.int(),
  previous: hex,
  root: hex,
  count: z.int(),
  signature: hex,
})

const header = z.strictObject({
  /** The version of the schema that the rows have. */
  schema: z.int().min(1),
  /** The public key of the instance's checkpoints, in hexadecimal: names the instance. */
  instance: hex,
  /** The moment that the archive shows. */
  takenMs: z.int().min(0),
  checkpoint: checkpoint.nullable(),
  /** The root key that the archive is encrypted under. */
  rootVersion: z.int().min(1),
  /** 32 random bytes, in hexadecimal: no two archives have the same keys. */
  salt: hex,
  /** The rows of the seals, as lines. */
  seals: z.array(z.string()),
})

export type ArchiveHeader = z.infer<typeof header>

/** A checkpoint as a head says it. */
export function checkpointFacts(row: Checkpoint): NonNullable<ArchiveHeader['checkpoint']> {
  const { previous, root, signature, ...numbers } = row
  return {
    ...numbers,
    previous: previous.toString('hex'),
    root: root.toString('hex'),
    signature: signature.toString('hex'),
  }
}

/** A head as it was read: its bytes were not changed by accident, but are not authenticated. */
export interface UnverifiedHeader {
  header: ArchiveHeader
  bytes: Buffer
  mac: Buffer
  /** Where the sealed rows begin. */
  end: number
}

/** The head of a file: magic ‖ length ‖ JSON ‖ SHA-256 ‖ HMAC-SHA-256. */
export function encodeHeader(content: ArchiveHeader, rootKey: RootKey): Buffer {
  const bytes = headerBytes(content)
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(bytes.length)
  const mac = headerMac({ header: content, bytes }, rootKey)
  return Buffer.concat([MAGIC, length, bytes, sha256(bytes), mac])
}

export function headerBytes(content: ArchiveHeader): Buffer {
  return Buffer.from(JSON.stringify(content))
}

/**
 * How long the head is whose first bytes these are.
 * @throws ArchiveError when it is none
 */
export function headerEnd(prefix: Buffer): number {
  const magic = prefix.subarray(0, MAGIC.length)
  if (prefix.length !== PREFIX_BYTES || !magic.equals(MAGIC)) {
    throw new ArchiveError(
      /^keystead archive \d+\n/.test(magic.toString('latin1'))
        ? 'the archive was made by a newer keystead: its format is not known'
        : 'this is not a keystead archive, or its beginning is damaged',
    )
  }
  const length = prefix.readUInt32BE(MAGIC.length)
  if (length > HEADER_BYTES_MAX) throw new ArchiveError('the archive is damaged: its head')
  return PREFIX_BYTES + length + 2 * DIGEST_BYTES
}

/** @param head everything up to `headerEnd` @throws ArchiveError when it is damaged */
export function parseHeader(head: Buffer): UnverifiedHeader {
  const end = head.length
  const bytes = head.subarray(PREFIX_BYTES, end - 2 * DIGEST_BYTES)
  const digest = head.subarray(end - 2 * DIGEST_BYTES, end - DIGEST_BYTES)
  if (end < PREFIX_BYTES + 2 * DIGEST_BYTES || !equalBytes(sha256(bytes), digest)) {
    throw new ArchiveError('the archive is damaged: its head')
  }
  const parsed = header.safeParse(parseJson(bytes))
  if (!parsed.success)
    throw new ArchiveError('the archive has a head that this keystead cannot read')
  return { header: parsed.data, bytes, mac: head.subarray(end - DIGEST_BYTES), end }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** @throws ArchiveError when the head was changed by somebody without the root key */
export function assertHeader(unverified: UnverifiedHeader, rootKey: RootKey): void {
  if (!equalBytes(headerMac(unverified, rootKey), unverified.mac)) {
    throw new ArchiveError('the archive is damaged, or was changed: its head does not verify')
  }
}

type HeaderBytes = Pick<UnverifiedHeader, 'header' | 'bytes'>

function headerMac({ header: { salt }, bytes }: HeaderBytes, { key }: RootKey): Buffer {
  const info = encodeFields(['keystead.archive.header', Buffer.from(salt, 'hex')])
  return hmacSha256(hkdfSha256(key, info, 32), bytes)
}

/** The key of the sealed rows. They belong to this head: no other opens them. */
export function payloadKey({ header: { salt }, bytes }: HeaderBytes, { key }: RootKey): Buffer {
  const info = ['keystead.archive.rows', Buffer.from(salt, 'hex'), sha256(bytes)]
  return hkdfSha256(key, encodeFields(info), 32)
}
