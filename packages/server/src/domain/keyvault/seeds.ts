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
import type { DataKey, SecretPlace } from './dataKeys.ts'

/** An unsealed seed. Keep it as short as the work needs. */
export class Seed {
  readonly #seed: Buffer

  constructor(mnemonic: string) {
    this.#seed = mnemonicToSeed(mnemonic, '')
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

/** A row of `wallet_secret`. */
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
  return {
    seed: new Seed(mnemonic),
    row: {
      organization_id: wallet.organizationId,
      wallet_id: wallet.walletId,
      version: 1,
      sealed: dataKey.seal(place(wallet.walletId), Buffer.from(mnemonic, 'utf8')),
    },
  }
}

/** @throws Error when the bytes are not this wallet's */
export function openSeed(dataKey: DataKey, walletId: string, sealed: Buffer): Seed {
  return new Seed(dataKey.open(place(walletId), sealed).toString('utf8'))
}

function place(walletId: string): SecretPlace {
  return { table: 'wallet_secret', column: 'sealed', rowId: walletId, version: 1 }
}
