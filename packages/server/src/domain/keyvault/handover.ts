// Handing a new root key over to processes that know only the one before it.
import { randomBytes } from 'node:crypto'
import { aeadKey, aeadOpen, aeadSeal, hkdfSha256 } from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import type { Reader } from '../../store/engine.ts'
import { listRootKeys } from './rotation.store.ts'
import type { RootKey, RootKeys } from './rootKeys.ts'

/** A new root key, and what its row hands over: the key under the one before it. */
export function succeedRootKey(present: RootKey): { next: RootKey; handover: Buffer } {
  const next = { version: present.version + 1, key: randomBytes(32) }
  return { next, handover: aeadSeal(handoverKey(present.key), next.key, context(next.version)) }
}

/**
 * Takes over root keys that have come since, and forgets those that are gone.
 * @throws Error when a handover was not made under the root key before it
 */
export async function followRootKeys(reader: Reader, rootKeys: RootKeys): Promise<void> {
  const rows = await listRootKeys(reader)
  for (const { version, handover } of rows) {
    if (rootKeys.has(version) || handover === null || !rootKeys.has(version - 1)) continue
    const opened = aeadOpen(handoverKey(rootKeys.key(version - 1)), handover, context(version))
    rootKeys.add({ version, key: opened })
  }
  const oldest = rows[0]?.version
  if (oldest !== undefined && rootKeys.has(rows.at(-1)?.version ?? 0)) {
    rootKeys.forgetBefore(oldest)
  }
}

function handoverKey(rootKey: Buffer) {
  return aeadKey(hkdfSha256(rootKey, Buffer.from('keystead.handover'), 32))
}

function context(version: number): Buffer {
  return encodeFields(['root_key', 'handover', version])
}
