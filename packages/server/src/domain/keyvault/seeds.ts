// Wallet seeds: made or imported here, sealed here, used here. Words come out for exports alone.
import {
  type Curve,
  derivePrivateKey,
  entropyToMnemonic,
  generateMnemonic,
  type MnemonicLanguage,
  type MnemonicLength,
  mnemonicToSeed,
  parseMnemonic,
  parsePath,
  publicKeyOf,
} from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import type { DataKey } from './dataKeys.ts'
import { ImportedSecret } from './importKeys.ts'
import { secretPlace } from './sealedColumns.ts'

/** An unsealed seed. Keep it as short as the work needs. */
export class Seed {
  readonly #seed: Buffer

  /** @param seed 64 bytes (BIP-39) */
  constructor(seed: Buffer) {
    this.#seed = seed
  }

  /** The private key at `path`, a BIP-32 path that `parsePath` accepts. */
  privateKey(curve: Curve, path: string): Buffer {
    const steps = parsePath(path)
    if (steps === undefined) throw new Error('the path of a stored account does not parse')
    return derivePrivateKey(curve, this.#seed, steps)
  }

  /** The compressed public key at `path`. */
  publicKey(curve: Curve, path: string): Buffer {
    return publicKeyOf(curve, this.privateKey(curve, path))
  }
}

const SEED_BYTES = 64
const VERSION = 3

/**
 * A row of `wallet_secret`: under the seal the seed, since making it takes 2048 hashes, its words
 * and, after a line feed, the passphrase.
 */
export interface SealedSeed {
  organization_id: string
  wallet_id: string
  version: number
  sealed: Buffer
}

export interface NewSeed {
  organizationId: string
  walletId: string
  /** How many words to generate, the words themselves, or what was imported. */
  mnemonic: MnemonicLength | string | ImportedSecret
}

/** The words of a wallet, and what is hashed with them; most wallets have no passphrase. */
interface Phrase {
  mnemonic: string
  passphrase: string
}

/**
 * Seals a mnemonic for its wallet, generated unless it is given.
 * @throws AppError `INVALID_MNEMONIC` for what was imported
 */
export function createSeed(dataKey: DataKey, wallet: NewSeed): { seed: Seed; row: SealedSeed } {
  const { mnemonic, passphrase } = phraseFor(wallet)
  const seed = mnemonicToSeed(mnemonic, passphrase)
  const secret = Buffer.concat([seed, Buffer.from(`${mnemonic}\n${passphrase}`, 'utf8')])
  return {
    seed: new Seed(seed),
    row: {
      organization_id: wallet.organizationId,
      wallet_id: wallet.walletId,
      version: VERSION,
      sealed: dataKey.seal(secretPlace('wallet_secret', wallet.walletId, VERSION), secret),
    },
  }
}

function phraseFor({ mnemonic }: NewSeed): Phrase {
  if (mnemonic instanceof ImportedSecret) return importedPhrase(mnemonic.read())
  const words = typeof mnemonic === 'string' ? mnemonic : generateMnemonic(mnemonic)
  return { mnemonic: words, passphrase: '' }
}

const PASSPHRASE_MARK = '\n--PASS--\n'

/** Words of any language, in any case and spacing; a passphrase, after its mark, exactly as it is. */
function importedPhrase(bytes: Buffer): Phrase {
  const text = bytes.toString('utf8')
  const at = text.indexOf(PASSPHRASE_MARK)
  const parsed = parseMnemonic(at < 0 ? text : text.slice(0, at))
  if (parsed === undefined) throw new AppError('INVALID_MNEMONIC')
  const passphrase = at < 0 ? '' : text.slice(at + PASSPHRASE_MARK.length)
  return { mnemonic: parsed.words, passphrase }
}

/**
 * What an export hands out: the words and, if there is one, the passphrase after a line feed.
 * @param language the word list to say the same entropy in; null: the words that make the seed
 * @throws Error when the bytes are not this wallet's
 */
export function openPhrase(
  dataKey: DataKey,
  { wallet_id, version, sealed }: Omit<SealedSeed, 'organization_id'>,
  language: MnemonicLanguage | null,
): Buffer {
  const secret = dataKey.open(secretPlace('wallet_secret', wallet_id, version), sealed)
  // Version 1 held the words alone, version 2 no passphrase.
  const text = secret.toString('utf8', version === 1 ? 0 : SEED_BYTES)
  const at = text.indexOf('\n')
  const words = inLanguage(at < 0 ? text : text.slice(0, at), language)
  const passphrase = at < 0 ? '' : text.slice(at + 1)
  return Buffer.from(passphrase === '' ? words : `${words}\n${passphrase}`)
}

function inLanguage(mnemonic: string, language: MnemonicLanguage | null): string {
  // Words that two lists share stay as they are in both: others would make other keys.
  if (language === null || parseMnemonic(mnemonic, [language]) !== undefined) return mnemonic
  const read = parseMnemonic(mnemonic)
  if (read === undefined) throw new Error('the words of a stored wallet do not parse')
  return entropyToMnemonic(read.entropy, language)
}

/** @throws Error when the bytes are not this wallet's */
export function openSeed(
  dataKey: DataKey,
  walletId: string,
  { version, sealed }: Pick<SealedSeed, 'version' | 'sealed'>,
): Seed {
  const secret = dataKey.open(secretPlace('wallet_secret', walletId, version), sealed)
  // Version 1 held the words alone.
  if (version === 1) return new Seed(mnemonicToSeed(secret.toString('utf8'), ''))
  return new Seed(secret.subarray(0, SEED_BYTES))
}
