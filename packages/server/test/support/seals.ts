// Seals of a test's instance: opening them, and putting back the form that older versions wrote.
import {
  aeadKey,
  aeadSeal,
  combineMnemonics,
  hkdfSha256,
  mnemonicToEntropy,
} from '@keystead/crypto/node'
import type { SealName } from '../../src/domain/keyvault/keyvault.store.ts'
import { readSealFile } from '../../src/domain/keyvault/sealFile.ts'
import { encodeFields } from '../../src/platform/encoding.ts'
import { uuidToBytes } from '../../src/platform/ids.ts'
import { type Opened, type Opener, openWith } from '../../src/host/unsealing.ts'
import type { Instance } from './instance.ts'

export const PASSPHRASE = 'correct horse battery staple'

export const placeOf = (instance: Instance) => ({
  store: instance.app.store,
  config: instance.config,
})

/** @throws Error when it does not open */
export async function open(
  instance: Instance,
  opener: Opener,
  sealId: string | null = null,
): Promise<Opened> {
  const opened = await openWith(placeOf(instance), opener, sealId)
  if (opened === undefined) throw new Error('it opens no seal')
  return opened
}

export function byFile({ config }: Instance, path = config.sealFile): Opener {
  return { kind: 'file', secret: readSealFile(path) ?? Buffer.of() }
}

export function byWords(words: string): Opener {
  return { kind: 'recovery', secret: mnemonicToEntropy(words) ?? Buffer.of() }
}

export function byShares(shares: readonly string[]): Opener {
  return { kind: 'shamir', secret: combineMnemonics(shares, '') ?? Buffer.of() }
}

/** Every row about seals, to compare. */
export async function sealRows(instance: Instance) {
  return {
    seals: await instance.rows('select * from seal order by id'),
    wraps: await instance.rows('select * from seal_wrap order by seal_id, root_version'),
  }
}

/** How versions without public keys wrapped a root key. */
export function olderWrap({ id, kind }: SealName, secret: Buffer, rootKey: Buffer): Buffer {
  const key = aeadKey(hkdfSha256(secret, Buffer.from(`keystead.seal.${kind}`), 32))
  return aeadSeal(key, rootKey, encodeFields(['keystead.seal', kind, uuidToBytes(id)]))
}

/** Turns a seal back into what versions without public keys wrote. */
export async function makeOlder(instance: Instance, opener: Opener): Promise<string> {
  if (!('secret' in opener)) throw new Error('older seals have secrets')
  const { sealId, rootKeys } = await open(instance, opener)
  const wrapped = olderWrap({ id: sealId, kind: opener.kind }, opener.secret, rootKeys.newest.key)
  await instance.tamper(
    `update seal set public_key = null, auth_key = null, details = '{}' where id = ?u`,
    sealId,
  )
  await instance.tamper('update seal_wrap set wrapped = ? where seal_id = ?u', wrapped, sealId)
  return sealId
}
