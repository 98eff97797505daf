// The unsealed key hierarchy of a running server: root key → data keys → secrets, and signing.
import { createSecretKey, type KeyObject } from 'node:crypto'
import {
  type Curve,
  publicKeyOf,
  sealMessage,
  signBundle,
  signEd25519,
  signP256,
  signSecp256k1,
  uncompressPublicKey,
} from '@keystead/crypto/node'
import { BoundedCache } from '../../platform/boundedCache.ts'
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { Reader } from '../../store/engine.ts'
import { Tampered } from '../audit/head.ts'
import { type DataKey, generateDataKey, unwrapDataKey } from './dataKeys.ts'
import type { ImportKey } from './importKeys.ts'
import { InstanceKeys } from './instanceKeys.ts'
import {
  findPrivateKeySecret,
  findWalletSecret,
  findWrappedDataKey,
  type InstanceKeyRow,
  listInstanceKeys,
} from './keyvault.store.ts'
import { openPrivateKey } from './privateKeys.ts'
import { openPhrase, openSeed, type Seed } from './seeds.ts'

const DATA_KEYS_MAX = 20_000
const SIGNING_KEYS_MAX = 20_000

/** A key to sign with: an account of a wallet, or a private key of its own. */
export interface SigningKey {
  organizationId: string
  curve: Curve
  /** Compressed; what the unsealed key must match. */
  publicKey: Buffer
  /** An account of a wallet has an address of its own. */
  source: { walletId: string; path: string; address: string } | { privateKeyId: string }
}

/** An unsealed signing key. */
interface OpenKey {
  privateKey: Buffer
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
  /** The key of heads' tags: imported once, since importing takes longer than a tag. */
  readonly auditKey: KeyObject
  /** Keys that were found and verified, by whatever name the finder gives them. */
  readonly found = new BoundedCache<SigningKey>(SIGNING_KEYS_MAX)
  readonly #rootKey: Buffer
  readonly #dataKeys = new BoundedCache<DataKey>(DATA_KEYS_MAX)
  readonly #signingKeys = new BoundedCache<OpenKey>(SIGNING_KEYS_MAX)
  /** The same by the object in `found`: a hot key is signed with without writing out its name. */
  readonly #opened = new WeakMap<SigningKey, OpenKey>()

  private constructor(rootKey: Buffer, instance: InstanceKeys) {
    this.#rootKey = rootKey
    this.instance = instance
    this.auditKey = createSecretKey(instance.secret('audit-mac'))
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
    const secret = await loadWalletSecret(reader, organizationId, walletId)
    return openSeed(await this.dataKey(reader, organizationId), walletId, secret)
  }

  /**
   * A wallet's words, and its passphrase if it has one, for the holder of a P-256 key alone.
   * @returns the text of an export bundle
   */
  async exportWallet(
    reader: Reader,
    { organizationId, walletId }: { organizationId: string; walletId: string },
    targetKey: Buffer,
  ): Promise<string> {
    const secret = await loadWalletSecret(reader, organizationId, walletId)
    const dataKey = await this.dataKey(reader, organizationId)
    return this.#exportBundle(organizationId, targetKey, openPhrase(dataKey, walletId, secret))
  }

  /** A private key of 32 bytes, likewise. @throws Tampered as `sign` does */
  async exportKey(reader: Reader, key: SigningKey, targetKey: Buffer): Promise<string> {
    const { privateKey } = await this.#open(reader, key)
    return this.#exportBundle(key.organizationId, targetKey, privateKey)
  }

  #exportBundle(organizationId: string, targetKey: Buffer, secret: Buffer): string {
    const { enc, ciphertext } = sealMessage(targetKey, secret)
    return signBundle(this.instance.secret('bundle-signer'), {
      encappedPublic: enc.toString('hex'),
      ciphertext: ciphertext.toString('hex'),
      organizationId,
    })
  }

  /** The text of an import bundle: the key to encrypt to, and whose it is. */
  importBundle({ organization_id, user_id, public_key }: ImportKey): string {
    return signBundle(this.instance.secret('bundle-signer'), {
      targetPublic: uncompressPublicKey('p256', public_key).toString('hex'),
      organizationId: organization_id,
      userId: user_id,
    })
  }

  /**
   * Signs with a wallet account's key, or a private key.
   * @param message a 32-byte digest for ECDSA curves, the whole message for Ed25519
   * @throws Tampered when the unsealed key is not the one that was asked for
   */
  async sign(reader: Reader, key: SigningKey, message: Buffer): Promise<Signature> {
    const { privateKey, publicKey } = await this.#open(reader, key)
    switch (key.curve) {
      case 'secp256k1': {
        const { r, s, recovery } = signSecp256k1(privateKey, message, publicKey)
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

  async #open(reader: Reader, key: SigningKey): Promise<OpenKey> {
    const opened = this.#opened.get(key) ?? (await this.#openByName(reader, key))
    this.#opened.set(key, opened)
    return opened
  }

  async #openByName(reader: Reader, key: SigningKey): Promise<OpenKey> {
    const name = `${key.organizationId}/${key.curve}/${key.publicKey.toString('hex')}`
    const cached = this.#signingKeys.get(name)
    if (cached !== undefined) return cached
    const privateKey = await this.#unseal(reader, key)
    if (!publicKeyOf(key.curve, privateKey).equals(key.publicKey)) {
      throw new Tampered(
        `a sealed key of organization ${key.organizationId} is not the public key's`,
      )
    }
    const open = { privateKey, publicKey: checkKey(key) }
    this.#signingKeys.set(name, open, 1)
    return open
  }

  async #unseal(reader: Reader, { organizationId, curve, source }: SigningKey): Promise<Buffer> {
    if ('walletId' in source) {
      const seed = await this.seed(reader, organizationId, source.walletId)
      return seed.privateKey(curve, source.path)
    }
    const sealed = await findPrivateKeySecret(reader, organizationId, source.privateKeyId)
    if (sealed === undefined) throw new Tampered(`private key ${source.privateKeyId} has no secret`)
    return openPrivateKey(await this.dataKey(reader, organizationId), source.privateKeyId, sealed)
  }
}

async function loadWalletSecret(reader: Reader, organizationId: string, walletId: string) {
  const secret = await findWalletSecret(reader, organizationId, walletId)
  if (secret === undefined) throw new Tampered(`wallet ${walletId} has no seed`)
  return secret
}

/** The public key as the self-check reads it fastest: decompressing takes a root each time. */
function checkKey({ curve, publicKey }: SigningKey): Buffer {
  return curve === 'secp256k1' ? uncompressPublicKey(curve, publicKey) : publicKey
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
