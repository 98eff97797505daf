// The unsealed key hierarchy of a running server: root key → data keys → secrets, and signing.
import {
  type Curve,
  publicKeyOf,
  signEd25519,
  signP256,
  signSecp256k1,
} from '@keystead/crypto/node'
import { BoundedCache } from '../../platform/boundedCache.ts'
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { Reader } from '../../store/engine.ts'
import { Tampered } from '../audit/head.ts'
import { type DataKey, generateDataKey, unwrapDataKey } from './dataKeys.ts'
import { InstanceKeys } from './instanceKeys.ts'
import {
  findWalletSecret,
  findWrappedDataKey,
  type InstanceKeyRow,
  listInstanceKeys,
} from './keyvault.store.ts'
import { openSeed, type Seed } from './seeds.ts'

const DATA_KEYS_MAX = 20_000
const SIGNING_KEYS_MAX = 20_000

/** A wallet account to sign with. */
export interface SigningAccount {
  organizationId: string
  walletId: string
  curve: Curve
  path: string
  /** Compressed; what the derived key must match. */
  publicKey: Buffer
}

/** `r` and `s` of 32 bytes; `v` the recovery id (ECDSA), 0 for Ed25519 where `r ‖ s` is R ‖ S. */
export interface Signature {
  r: Buffer
  s: Buffer
  v: number
}

export class Keyvault {
  readonly instance: InstanceKeys
  /** Accounts that were found and verified, by whatever name the finder gives them. */
  readonly accounts = new BoundedCache<SigningAccount>(SIGNING_KEYS_MAX)
  readonly #rootKey: Buffer
  readonly #dataKeys = new BoundedCache<DataKey>(DATA_KEYS_MAX)
  readonly #signingKeys = new BoundedCache<Buffer>(SIGNING_KEYS_MAX)

  private constructor(rootKey: Buffer, instance: InstanceKeys) {
    this.#rootKey = rootKey
    this.instance = instance
  }

  /** Opens the hierarchy below `rootKey`. @throws Error when it is not this database's */
  static async open(reader: Reader, rootKey: Buffer): Promise<Keyvault> {
    const dataKey = await loadDataKey(reader, rootKey, INSTANCE_ID)
    return new Keyvault(rootKey, new InstanceKeys(dataKey, await listInstanceKeys(reader)))
  }

  /** The hierarchy of an instance that is being made. */
  static fresh(rootKey: Buffer, dataKey: DataKey, keys: readonly InstanceKeyRow[]): Keyvault {
    return new Keyvault(rootKey, new InstanceKeys(dataKey, keys))
  }

  /** The key of heads' tags. */
  get auditKey(): Buffer {
    return this.instance.secret('audit-mac')
  }

  /** @throws Tampered when the organization has no readable data key */
  async dataKey(reader: Reader, organizationId: string): Promise<DataKey> {
    const cached = this.#dataKeys.get(organizationId)
    if (cached !== undefined) return cached
    const dataKey = await loadDataKey(reader, this.#rootKey, organizationId)
    this.#dataKeys.set(organizationId, dataKey, 1)
    return dataKey
  }

  /** A data key for an organization about to be created, with its row of `organization_key`. */
  createDataKey(organizationId: string) {
    const dataKey = generateDataKey()
    const wrapped = dataKey.wrap(this.#rootKey, organizationId)
    return { dataKey, row: { organization_id: organizationId, version: 1, wrapped } }
  }

  /** Unseals a wallet's seed to derive accounts from it. */
  async seed(reader: Reader, organizationId: string, walletId: string): Promise<Seed> {
    const sealed = await findWalletSecret(reader, organizationId, walletId)
    if (sealed === undefined) throw new Tampered(`wallet ${walletId} has no seed`)
    return openSeed(await this.dataKey(reader, organizationId), walletId, sealed)
  }

  /**
   * Signs with a wallet account's key.
   * @param message a 32-byte digest for ECDSA curves, the whole message for Ed25519
   * @throws Tampered when the derived key is not the account's
   */
  async sign(reader: Reader, account: SigningAccount, message: Buffer): Promise<Signature> {
    const privateKey = await this.#signingKey(reader, account)
    switch (account.curve) {
      case 'secp256k1': {
        const { r, s, recovery } = signSecp256k1(privateKey, message)
        return { r, s, v: recovery }
      }
      case 'p256': {
        const { r, s, recovery } = signP256(privateKey, message)
        return { r, s, v: recovery }
      }
      case 'ed25519': {
        const signature = signEd25519(privateKey, message)
        return { r: signature.subarray(0, 32), s: signature.subarray(32), v: 0 }
      }
    }
  }

  async #signingKey(reader: Reader, account: SigningAccount): Promise<Buffer> {
    const name = `${account.organizationId}/${account.walletId}/${account.curve}/${account.path}`
    const cached = this.#signingKeys.get(name)
    if (cached !== undefined) return cached
    const seed = await this.seed(reader, account.organizationId, account.walletId)
    const privateKey = seed.privateKey(account.curve, account.path)
    if (!publicKeyOf(account.curve, privateKey).equals(account.publicKey)) {
      throw new Tampered(`the seed of wallet ${account.walletId} does not give the account's key`)
    }
    this.#signingKeys.set(name, privateKey, 1)
    return privateKey
  }
}

async function loadDataKey(
  reader: Reader,
  rootKey: Buffer,
  organizationId: string,
): Promise<DataKey> {
  const wrapped = await findWrappedDataKey(reader, organizationId)
  if (wrapped === undefined) throw new Tampered(`organization ${organizationId} has no data key`)
  try {
    return unwrapDataKey(rootKey, organizationId, wrapped)
  } catch (cause) {
    throw new Tampered(`the data key of organization ${organizationId} does not open`, { cause })
  }
}
