// Commands about seals. Their secrets are made and read in the shell's own process, and stay there:
// the server is told a public key.
import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import {
  listSeals as readSeals,
  type Seal,
  type SealKind,
  type SealName,
} from '../domain/keyvault/keyvault.store.ts'
import {
  newPassphraseDetails,
  PASSPHRASE_CHARACTERS_MIN,
  stretchPassphrase,
} from '../domain/keyvault/passphrase.ts'
import { newRecoverySecret } from '../domain/keyvault/recoveryWords.ts'
import { copySealFile, writeSealFile } from '../domain/keyvault/sealFile.ts'
import { detailsOf, offerSeal, type SealOffer, sealRecipient } from '../domain/keyvault/seals.ts'
import { newShares } from '../domain/keyvault/shares.ts'
import { newUuid } from '../platform/ids.ts'
import { Ceremony } from './ceremony.ts'
import { HostError } from './instance.ts'
import { makeTokenKey } from './pkcs11/device.ts'
import { noteSeal } from './seals.ts'
import { openApp, withInstance, writeAsHost } from './shell.ts'
import { type Opener, openerOfFile, openWith } from './unsealing.ts'

export interface SealSummary {
  sealId: string
  kind: SealKind
  createdAt: string
  /** When it was last opened by its secret, as far as is known; null: never. */
  provedAt: string | null
  /** When its key file was copied elsewhere; null: never, or it has none. */
  exportedAt: string | null
  /** Of a `shamir` seal: how many shares open it, and how many there are. */
  threshold?: number
  shares?: number
}

/** The seals of the instance, oldest first; needs no unsealing. */
export function listSeals(config: Config): Promise<SealSummary[]> {
  return withInstance(config, async ({ reader }) =>
    (await readSeals(reader)).map((seal) => {
      const details = detailsOf(seal)
      const { threshold, shares } = details
      return {
        sealId: seal.id,
        kind: seal.kind,
        createdAt: new Date(seal.created_ms).toISOString(),
        provedAt: timeOf(details['provedMs']),
        exportedAt: timeOf(details['exportedMs']),
        ...(typeof threshold === 'number' && { threshold }),
        ...(Array.isArray(shares) && { shares: shares.length }),
      }
    }),
  )
}

function timeOf(ms: unknown): string | null {
  return typeof ms === 'number' ? new Date(ms).toISOString() : null
}

/** Adds a seal with a new key file. @returns its id @throws HostError when the file exists */
export async function addFileSeal(config: Config, path: string): Promise<string> {
  const secret = newFile(() => writeSealFile(resolve(path)), path)
  const seal = nameOf('file')
  await add(config, offerSeal(seal, sealRecipient(seal, secret), {}))
  return testSeal(config, openerOfFile(path), seal.id)
}

function newFile<T>(write: () => T, path: string): T {
  try {
    return write()
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (exists) throw new HostError(`${path} exists already: choose another path`, { cause })
    throw new HostError(`${path} cannot be written`, { cause })
  }
}

/** Adds a seal with 24 new recovery words, which are stored nowhere. */
export async function addRecoverySeal(config: Config): Promise<{ sealId: string; words: string }> {
  const { secret, words } = newRecoverySecret()
  const seal = nameOf('recovery')
  await add(config, offerSeal(seal, sealRecipient(seal, secret), {}))
  return { sealId: seal.id, words }
}

/** Adds a seal with that passphrase. @returns its id @throws HostError when it is too short */
export async function addPassphraseSeal(config: Config, passphrase: string): Promise<string> {
  const details = newPassphraseDetails()
  const isLong = passphrase.length >= PASSPHRASE_CHARACTERS_MIN
  const secret = isLong ? await stretchPassphrase(passphrase, details) : undefined
  if (secret === undefined) {
    throw new HostError(`a passphrase has ${PASSPHRASE_CHARACTERS_MIN} to 1024 characters`)
  }
  const seal = nameOf('passphrase')
  await add(config, offerSeal(seal, sealRecipient(seal, secret), details))
  return testSeal(config, { kind: 'passphrase', passphrase }, seal.id)
}

/** Adds a seal that any `threshold` of `count` new shares open, which are stored nowhere. */
export async function addShamirSeal(
  config: Config,
  sizes: { threshold: number; count: number },
): Promise<{ sealId: string; shares: string[] }> {
  const { threshold, count } = sizes
  if (!(threshold >= 2 && threshold <= count && count <= 16)) {
    throw new HostError('a threshold of at least 2, and at most 16 shares, are possible')
  }
  const { secret, mnemonics, details } = newShares(sizes)
  const seal = nameOf('shamir')
  await add(config, offerSeal(seal, sealRecipient(seal, secret), details))
  return { sealId: seal.id, shares: mnemonics }
}

/** Adds a seal whose key pair is made in the configured token. @returns its id @throws HostError */
export async function addTokenSeal(config: Config): Promise<string> {
  const seal = nameOf('pkcs11')
  await add(config, offerSeal(seal, await makeTokenKey(config, seal.id), {}))
  return testSeal(config, { kind: 'pkcs11' }, seal.id)
}

function nameOf(kind: SealKind): SealName {
  return { id: newUuid(Date.now()), kind }
}

async function add(config: Config, made: SealOffer): Promise<void> {
  const { publicKey, authKey, ...offer } = made
  const [publicHex, authHex] = [publicKey.toString('hex'), authKey.toString('hex')]
  const options = { ...offer, publicKey: publicHex, authKey: authHex }
  await writeAsHost(config, { command: 'addSeal', options })
}

/**
 * Proves that a seal opens the instance, and notes when; a sealed server stays sealed.
 * @param sealId null: whichever opens
 * @returns the id of the seal that was opened @throws HostError when none was
 */
export function testSeal(config: Config, opener: Opener, sealId: string | null): Promise<string> {
  return withInstance(config, async (store) => {
    const opened = await openWith({ store, config }, opener, sealId)
    if (opened === undefined) {
      throw new HostError(sealId === null ? 'this opens no seal' : `this does not open ${sealId}`)
    }
    const app = await openApp(store, config, opened.rootKeys)
    await noteSeal(app, { sealId: opened.sealId, note: 'provedMs' })
    return opened.sealId
  })
}

/** Removes a seal. @throws HostError when no other is known to work */
export async function removeSeal(config: Config, sealId: string): Promise<void> {
  await writeAsHost(config, { command: 'removeSeal', options: { sealId } })
}

/** Copies the seal key file to a new file, and notes when. @returns the seal's id @throws HostError */
export async function exportSealFile(config: Config, path: string): Promise<string> {
  const opener = openerOfFile(config.sealFile)
  const sealId = await testSeal(config, opener, null)
  newFile(() => copySealFile(config.sealFile, resolve(path)), path)
  await writeAsHost(config, { command: 'noteSeal', options: { sealId, note: 'exportedMs' } })
  return sealId
}

/** The next share that somebody types; told how far it is, null at first. */
export type NextShare = (progress: { given: number; needed: number } | null) => Promise<string>

/** Asks for shares until there are enough of one seal. @throws HostError when one is wrong */
export function openerOfShares(config: Config, next: NextShare): Promise<Opener> {
  return withInstance(config, async ({ reader }) => collectShares(await readSeals(reader), next))
}

/** The same for seals that are known. */
export async function collectShares(seals: readonly Seal[], next: NextShare): Promise<Opener> {
  const ceremony = new Ceremony()
  let taken = ceremony.take(seals, await next(null))
  while (taken !== undefined && !('secret' in taken)) {
    taken = ceremony.take(seals, await next(taken))
  }
  if (taken === undefined) throw new HostError('this is not a share of a seal of this instance')
  return { kind: 'shamir', secret: taken.secret }
}
