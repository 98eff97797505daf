// Opening seals: from what the configuration names, or from what somebody types.
import type { Config } from '../config.ts'
import { listSeals, listSealWraps, replaceSeal } from '../domain/keyvault/keyvault.store.ts'
import { recoverySecret } from '../domain/keyvault/recoveryWords.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { readSealFile } from '../domain/keyvault/sealFile.ts'
import {
  makeSeal,
  offerSeal,
  openOlderSeal,
  openSeal,
  type Seal,
  type SealKind,
  sealRecipient,
} from '../domain/keyvault/seals.ts'
import { patiently, type Store } from '../store/engine.ts'
import { HostError } from './instance.ts'

/** The root keys by the seal file, or undefined when that file is not here, or no seal's. */
export async function unsealByFile(store: Store, config: Config): Promise<RootKeys | undefined> {
  const secret = sealFileSecret(config)
  return secret === undefined ? undefined : openBySecret(store, 'file', secret)
}

function sealFileSecret({ sealFile }: Config): Buffer | undefined {
  try {
    return readSealFile(sealFile)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'cannot be read'
    throw new HostError(`${reason}: put back a copy, or move it away and type the recovery words`, {
      cause,
    })
  }
}

/** @throws HostError when the words are not this instance's */
export async function unsealByWords(store: Store, words: string): Promise<RootKeys> {
  const secret = recoverySecret(words)
  if (secret === undefined) {
    throw new HostError('these are not 24 recovery words: a word is misspelt, missing or misplaced')
  }
  const rootKeys = await openBySecret(store, 'recovery', secret)
  if (rootKeys === undefined) throw new HostError('these recovery words belong to another instance')
  return rootKeys
}

/** What opens with a secret of that kind, or undefined when it is no seal's. */
async function openBySecret(
  store: Store,
  kind: SealKind,
  secret: Buffer,
): Promise<RootKeys | undefined> {
  for (const seal of await listSeals(store.reader)) {
    const rootKeys = seal.kind === kind ? await openOne(store, seal, secret) : undefined
    if (rootKeys !== undefined) return rootKeys
  }
  return undefined
}

async function openOne(store: Store, seal: Seal, secret: Buffer): Promise<RootKeys | undefined> {
  const wraps = await listSealWraps(store.reader, seal.id)
  const [wrap] = wraps
  const recipient = sealRecipient(seal, secret)
  if (seal.public_key !== null) return openSeal(seal, wraps, recipient)
  const rootKeys = wrap === undefined ? undefined : openOlderSeal(seal, wrap, secret)
  if (rootKeys === undefined) return undefined
  const made = makeSeal(offerSeal(seal, recipient, {}), rootKeys, seal.created_ms)
  await patiently(() => store.write('alone', (tx) => replaceSeal(tx, made)))
  return rootKeys
}
