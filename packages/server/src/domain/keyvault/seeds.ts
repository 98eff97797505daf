// Wallet seeds: made here, sealed here, used here. Only public keys and signatures come out.
import {
  type Curve,
  derivePrivateKey,
  generateMnemonic,
  type MnemonicLength,
  mnemonicToSeed,
  parsePath,
  publicKeyOf,
} from '@keystead/crypto/node'
import type { DataKey } from './dataKeys.ts'
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
const VERSION = 2

/** A row of `wallet_secret`: under the seal the seed, since making it takes 2048 hashes, and its words. */
export interface SealedSeed {
  organization_id: string
  wallet_id: string
  version: number
  sealed: Buffer
}

export interface NewSeed {
  organizationId: string
  walletId: string
  /** How many words to generate, or the words themselves. */
  mnemonic: MnemonicLength | string
}

/** Seals a mnemonic for its wallet, generated unless it is given. */
export function createSeed(dataKey: DataKey, wallet: NewSeed): { seed: Seed; row: SealedSeed } {
  const mnemonic =
    typeof wallet.mnemonic === 'string' ? wallet.mnemonic : generateMnemonic(wallet.mnemonic)
  const seed = mnemonicToSeed(mnemonic, '')
  const secret = Buffer.concat([seed, Buffer.from(mnemonic, 'utf8')])
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
