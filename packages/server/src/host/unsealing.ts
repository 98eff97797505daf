// Opening seals: with what the configuration names, or with what somebody gives.
import { readFileSync } from 'node:fs'
import type { HpkeRecipient } from '@keystead/crypto/node'
import type { Config } from '../config.ts'
import {
  listSeals,
  listSealWraps,
  replaceSeal,
  type Seal,
  type SealWrap,
} from '../domain/keyvault/keyvault.store.ts'
import { stretchPassphrase } from '../domain/keyvault/passphrase.ts'
import { recoverySecret } from '../domain/keyvault/recoveryWords.ts'
import { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { readSealFile } from '../domain/keyvault/sealFile.ts'
import {
  detailsOf,
  ENC_BYTES,
  makeSeal,
  offerSeal,
  openOlderSeal,
  openSeal,
  sealRecipient,
} from '../domain/keyvault/seals.ts'
import { patiently, type Store } from '../store/engine.ts'
import { HostError } from './instance.ts'
import { tokenRecipient } from './pkcs11/device.ts'

/** What somebody opens seals with. */
export type Opener =
  | { kind: 'file' | 'recovery' | 'shamir'; secret: Buffer }
  | { kind: 'passphrase'; passphrase: string }
  | { kind: 'pkcs11' }

/** Where the seals are, and what the host has for them. */
export interface Place {
  store: Store
  config: Config
}

/** @throws HostError when the words are mistyped */
export function openerOfWords(words: string): Opener {
  const secret = recoverySecret(words)
  if (secret !== undefined) return { kind: 'recovery', secret }
  throw new HostError('these are not 24 recovery words: a word is misspelt, missing or misplaced')
}

/** @throws HostError when there is no key file, or it is damaged */
export function openerOfFile(path: string): Opener {
  const secret = sealFileSecret(path)
  if (secret !== undefined) return { kind: 'file', secret }
  throw new HostError(`there is no seal key file ${path}`)
}

export interface Opened {
  sealId: string
  rootKeys: RootKeys
}

/**
 * Opens the first seal that `opener` is for; undefined when it is for none.
 * @param sealId the only one to try; null: every one of its kind
 * @throws HostError when a device or a file fails
 */
export async function openWith(
  place: Place,
  opener: Opener,
  sealId: string | null = null,
): Promise<Opened | undefined> {
  for (const seal of await listSeals(place.store.reader)) {
    if (seal.kind !== opener.kind || (sealId !== null && seal.id !== sealId)) continue
    const rootKeys = await openOne(place, seal, opener)
    if (rootKeys !== undefined) return { sealId: seal.id, rootKeys }
  }
  return undefined
}

async function openOne(place: Place, seal: Seal, opener: Opener): Promise<RootKeys | undefined> {
  const wraps = await listSealWraps(place.store.reader, seal.id)
  if (seal.public_key === null && 'secret' in opener) {
    return openAndConvert(place.store, { seal, wraps, secret: opener.secret })
  }
  const recipient = await recipientOf(place, { seal, wraps, opener })
  return recipient === undefined ? undefined : openSeal(seal, wraps, recipient)
}

async function recipientOf(
  { config }: Place,
  { seal, wraps, opener }: { seal: Seal; wraps: readonly SealWrap[]; opener: Opener },
): Promise<HpkeRecipient | undefined> {
  if (opener.kind === 'pkcs11') {
    const points = wraps.map(({ wrapped }) => wrapped.subarray(0, ENC_BYTES))
    return tokenRecipient(config, seal.id, points)
  }
  const secret =
    opener.kind === 'passphrase'
      ? await stretchPassphrase(opener.passphrase, detailsOf(seal))
      : opener.secret
  return secret === undefined ? undefined : sealRecipient(seal, secret)
}

/** A seal of the older form becomes one with a public key. */
async function openAndConvert(
  store: Store,
  { seal, wraps, secret }: { seal: Seal; wraps: readonly SealWrap[]; secret: Buffer },
): Promise<RootKeys | undefined> {
  const [wrap] = wraps
  const rootKeys = wrap === undefined ? undefined : openOlderSeal(seal, wrap, secret)
  if (rootKeys === undefined) return undefined
  const offer = offerSeal(seal, sealRecipient(seal, secret), { provedMs: Date.now() })
  const made = makeSeal(offer, rootKeys, seal.created_ms)
  await patiently(() => store.write('alone', (tx) => replaceSeal(tx, made)))
  return rootKeys
}

/** What the configuration opens by itself, or why it does not: one line for each way. */
export interface Attempted {
  rootKeys: RootKeys | undefined
  troubles: string[]
}

/**
 * Tries the seal key file, then the passphrase file and the token, as far as they are configured.
 * @throws HostError when the seal key file is damaged
 */
export async function unsealByConfig(place: Place): Promise<Attempted> {
  const troubles: string[] = []
  for (const way of [byFile, byPassphraseFile, byToken]) {
    const result = await way(place)
    if (result instanceof RootKeys) return { rootKeys: result, troubles }
    if (result !== null) troubles.push(result)
  }
  return { rootKeys: undefined, troubles }
}

/** The root keys, or what is the matter; null: it is not configured. */
type Result = RootKeys | string | null

async function byFile(place: Place): Promise<Result> {
  const { sealFile } = place.config
  const secret = sealFileSecret(sealFile)
  if (secret === undefined) return `there is no seal key file ${sealFile}`
  const opened = await openWith(place, { kind: 'file', secret })
  return opened?.rootKeys ?? `the seal key file ${sealFile} is not a seal of this instance`
}

/** The secret in a seal key file, or undefined when it is not there. @throws HostError */
function sealFileSecret(path: string): Buffer | undefined {
  try {
    return readSealFile(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'cannot be read'
    throw new HostError(`${reason}: put back a copy, or move it away and type the recovery words`, {
      cause,
    })
  }
}

async function byPassphraseFile(place: Place): Promise<Result> {
  const { passphraseFile } = place.config
  if (passphraseFile === null) return null
  try {
    const passphrase = readFileSync(passphraseFile, 'utf8').replace(/\r?\n$/, '')
    const opened = await openWith(place, { kind: 'passphrase', passphrase })
    return opened?.rootKeys ?? `the passphrase in ${passphraseFile} opens no seal`
  } catch {
    return `the passphrase file ${passphraseFile} cannot be read`
  }
}

async function byToken(place: Place): Promise<Result> {
  if (place.config.pkcs11 === null) return null
  try {
    const opened = await openWith(place, { kind: 'pkcs11' })
    return opened?.rootKeys ?? 'the PKCS#11 token opens no seal'
  } catch (error) {
    if (error instanceof HostError) return error.message
    throw error
  }
}
