// The unsealed key hierarchy of a running server: root key → data keys → secrets, and signing.
import { createSecretKey, type KeyObject } from 'node:crypto'
import {
  type AddressFormat,
  bitcoinFormatOf,
  type Curve,
  type MnemonicLanguage,
  publicKeyOf,
  sealMessage,
  signBundle,
  signEd25519,
  signP256,
  signSchnorr,
  signSecp256k1,
  taprootOutputKey,
  taprootPrivateKey,
  uncompressPublicKey,
} from '@keystead/crypto/node'
import { BoundedCache } from '../../platform/boundedCache.ts'
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { Reader, Tx } from '../../store/engine.ts'
import { Tampered } from '../audit/head.ts'
import type { Snapshot } from '../organization/model.ts'
import { DataKey, UnknownKeyVersion } from './dataKeys.ts'
import type { ImportKey } from './importKeys.ts'
import { InstanceKeys } from './instanceKeys.ts'
import {
  findPrivateKeySecret,
  findWalletSecret,
  type InstanceKeyRow,
  listInstanceKeys,
  listWrappedDataKeys,
  type Seal,
} from './keyvault.store.ts'
import { openPrivateKey } from './privateKeys.ts'
import { followRootKeys } from './handover.ts'
import type { RootKeys } from './rootKeys.ts'
import { assertSeal, bindSeal, makeSeal, type SealOffer } from './seals.ts'
import { openPhrase, openSeed, type Seed } from './seeds.ts'

const DATA_KEYS_MAX = 20_000
const SIGNING_KEYS_MAX = 20_000

/** A key to sign with: an account of a wallet, or a private key of its own. */
export interface SigningKey {
  organizationId: string
  curve: Curve
  /** Compressed; what the unsealed key must match, before any tweak. */
  publicKey: Buffer
  /** Of the account, or of the address by which a private key was named; null when it was its id. */
  addressFormat: AddressFormat | null
  /** An account of a wallet has an address of its own. */
  source: { walletId: string; path: string; address: string } | { privateKeyId: string }
}

/**
 * Whether the key signs for its taproot address: tweaked (BIP-86), with Schnorr signatures (BIP-340)
 * and nothing else.
 */
export function isTaproot({ addressFormat }: Pick<SigningKey, 'addressFormat'>): boolean {
  return addressFormat !== null && bitcoinFormatOf(addressFormat)?.form === 'p2tr'
}

/** An unsealed signing key, as it signs. */
interface OpenKey {
  privateKey: Buffer
  publicKey: Buffer
}

/**
 * `r` and `s` of 32 bytes; `v` the recovery id (ECDSA), 0 for Ed25519 and taproot, where `r ‖ s` is
 * the whole signature.
 */
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
  readonly rootKeys: RootKeys
  readonly #dataKeys = new BoundedCache<DataKey>(DATA_KEYS_MAX)
  readonly #signingKeys = new BoundedCache<OpenKey>(SIGNING_KEYS_MAX)
  /** The same by the object in `found`: a hot key is signed with without writing out its name. */
  readonly #opened = new WeakMap<SigningKey, OpenKey>()

  private constructor(rootKeys: RootKeys, instance: InstanceKeys) {
    this.rootKeys = rootKeys
    this.instance = instance
    this.auditKey = createSecretKey(instance.secret('audit-mac'))
  }

  /** Opens the hierarchy below `rootKeys`. @throws Error when they are not this database's */
  static async open(reader: Reader, rootKeys: RootKeys): Promise<Keyvault> {
    // Before the data key: what has sealed the rows is then either in it, or was rewrapped meanwhile.
    const rows = await listInstanceKeys(reader)
    const dataKey = await loadDataKey(reader, rootKeys, INSTANCE_ID)
    return new Keyvault(rootKeys, new InstanceKeys(dataKey, rows))
  }

  /** The hierarchy of an instance that is being made. */
  static fresh(rootKeys: RootKeys, dataKey: DataKey, keys: readonly InstanceKeyRow[]): Keyvault {
    return new Keyvault(rootKeys, new InstanceKeys(dataKey, keys))
  }

  /**
   * The data key to seal with, for a unit that reads `organization`: not older than its snapshot, so
   * that what an older version sealed is never committed.
   * @throws Tampered when the organization has no readable data key
   */
  async dataKey(
    reader: Reader,
    { organizationId, keyVersion }: Pick<Snapshot, 'organizationId' | 'keyVersion'>,
  ): Promise<DataKey> {
    const cached = this.#dataKeys.get(organizationId)
    const isNew = cached !== undefined && cached.version >= keyVersion
    const dataKey = isNew ? cached : await this.#load(reader, organizationId)
    if (dataKey.version < keyVersion) throw new Tampered(`${organizationId} lost its data key`)
    return dataKey
  }

  /**
   * Opens or verifies something with the organization's data key, loaded again when this process
   * does not know the version that made it.
   * @throws Tampered when the organization has no readable data key, or not in that version
   */
  async withDataKey<T>(
    reader: Reader,
    organizationId: string,
    work: (dataKey: DataKey) => T,
  ): Promise<T> {
    const cached = this.#dataKeys.get(organizationId)
    try {
      if (cached !== undefined) return work(cached)
    } catch (error) {
      if (!(error instanceof UnknownKeyVersion)) throw error
    }
    const dataKey = await this.#load(reader, organizationId)
    try {
      return work(dataKey)
    } catch (cause) {
      if (!(cause instanceof UnknownKeyVersion)) throw cause
      throw new Tampered(`the data key of organization ${organizationId} is gone`, { cause })
    }
  }

  /**
   * The data key whose newest version `tx` shows. It is not kept: the version may be one that `tx` has
   * yet to commit.
   */
  async dataKeyIn(tx: Tx, organizationId: string, version: number): Promise<DataKey> {
    const cached = this.#dataKeys.get(organizationId)
    if (cached?.version === version) return cached
    return loadDataKey(tx, this.rootKeys, organizationId)
  }

  /** Reads the data key. Another transaction's snapshot may show an older one, which is not kept. */
  async #load(reader: Reader, organizationId: string): Promise<DataKey> {
    const loaded = await loadDataKey(reader, this.rootKeys, organizationId)
    const cached = this.#dataKeys.get(organizationId)
    if (cached === undefined || loaded.version >= cached.version) {
      this.#dataKeys.set(organizationId, loaded, 1)
    }
    return loaded
  }

  /** A data key for an organization about to be created, with its row of `organization_key`. */
  createDataKey(organizationId: string) {
    const dataKey = DataKey.generate()
    return { dataKey, row: this.wrapDataKey(dataKey, organizationId) }
  }

  /** The row of `organization_key` of a data key, under the newest root key. */
  wrapDataKey(dataKey: DataKey, organizationId: string) {
    const { version: root_version, key } = this.rootKeys.newest
    const wrapped = dataKey.wrap(key, organizationId)
    const { version } = dataKey
    return { organization_id: organizationId, version, wrapped, root_version }
  }

  /** The rows of a new seal of the root keys. @param newest the version that the database says wraps */
  makeSeal(offer: SealOffer, nowMs: number, newest: number | undefined) {
    // Another process may have made a root key that this one has not heard of.
    if (newest !== this.rootKeys.newest.version) return undefined
    return makeSeal(offer, this.rootKeys, nowMs)
  }

  /** A seal's row with other details. @throws Tampered when it was changed from outside */
  redescribeSeal(seal: Seal, details: Record<string, unknown>): Seal {
    const { authKey } = assertSeal(seal, this.rootKeys)
    return bindSeal({ ...seal, details: JSON.stringify(details) }, authKey, this.rootKeys)
  }

  /** Whether a seal's row is as an unsealed server wrote it; one of the older form is not. */
  isTrustedSeal(seal: Seal): boolean {
    try {
      assertSeal(seal, this.rootKeys)
      return true
    } catch {
      return false
    }
  }

  /** Unseals a wallet's seed to derive accounts from it. */
  async seed(reader: Reader, organizationId: string, walletId: string): Promise<Seed> {
    const secret = await loadWalletSecret(reader, organizationId, walletId)
    return this.withDataKey(reader, organizationId, (dataKey) =>
      openSeed(dataKey, walletId, secret),
    )
  }

  /**
   * A wallet's words, and its passphrase if it has one, for the holder of a P-256 key alone.
   * @param wallet.language see `openPhrase`
   * @returns the text of an export bundle
   */
  async exportWallet(
    reader: Reader,
    wallet: { organizationId: string; walletId: string; language: MnemonicLanguage | null },
    targetKey: Buffer,
  ): Promise<string> {
    const { organizationId, walletId, language } = wallet
    const secret = await loadWalletSecret(reader, organizationId, walletId)
    const phrase = await this.withDataKey(reader, organizationId, (dataKey) =>
      openPhrase(dataKey, { wallet_id: walletId, ...secret }, language),
    )
    return this.#exportBundle(organizationId, targetKey, phrase)
  }

  /** A private key of 32 bytes, likewise. @throws Tampered as `sign` does */
  async exportKey(
    reader: Reader,
    key: Omit<SigningKey, 'addressFormat'>,
    targetKey: Buffer,
  ): Promise<string> {
    // A taproot account's key leaves as it was derived: wallets tweak it again.
    const { privateKey } = await this.#openByName(reader, { ...key, addressFormat: null })
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
   * @param message a 32-byte digest for ECDSA and taproot, the whole message for Ed25519
   * @throws Tampered when the unsealed key is not the one that was asked for
   */
  async sign(reader: Reader, key: SigningKey, message: Buffer): Promise<Signature> {
    const { privateKey, publicKey } = await this.#open(reader, key)
    switch (key.curve) {
      case 'secp256k1': {
        if (isTaproot(key)) return joined(signSchnorr(privateKey, message))
        const { r, s, recovery } = signSecp256k1(privateKey, message, publicKey)
        return { r, s, v: recovery }
      }
      case 'p256': {
        const { r, s, recovery } = signP256(privateKey, message)
        return { r, s, v: recovery }
      }
      case 'ed25519':
        return joined(signEd25519(privateKey, message))
    }
  }

  async #open(reader: Reader, key: SigningKey): Promise<OpenKey> {
    const opened = this.#opened.get(key) ?? (await this.#openByName(reader, key))
    this.#opened.set(key, opened)
    return opened
  }

  async #openByName(reader: Reader, key: SigningKey): Promise<OpenKey> {
    // SECURITY: a tweaked key must never be taken for the plain one, which has the same public key.
    const form = isTaproot(key) ? 'taproot' : 'plain'
    const name = `${key.organizationId}/${key.curve}/${form}/${key.publicKey.toString('hex')}`
    const cached = this.#signingKeys.get(name)
    if (cached !== undefined) return cached
    const privateKey = await this.#unseal(reader, key)
    if (!publicKeyOf(key.curve, privateKey).equals(key.publicKey)) {
      throw new Tampered(
        `a sealed key of organization ${key.organizationId} is not the public key's`,
      )
    }
    const open = isTaproot(key)
      ? tweaked(privateKey, key)
      : { privateKey, publicKey: checkKey(key) }
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
    return this.withDataKey(reader, organizationId, (dataKey) =>
      openPrivateKey(dataKey, source.privateKeyId, sealed),
    )
  }
}

function joined(signature: Buffer): Signature {
  return { r: signature.subarray(0, 32), s: signature.subarray(32), v: 0 }
}

function tweaked(plain: Buffer, { curve, publicKey }: SigningKey): OpenKey {
  const privateKey = taprootPrivateKey(plain)
  const open = { privateKey, publicKey: publicKeyOf(curve, privateKey) }
  if (!open.publicKey.subarray(1).equals(taprootOutputKey(publicKey))) {
    throw new Error('a tweaked key is not that of its output')
  }
  return open
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
  rootKeys: RootKeys,
  organizationId: string,
): Promise<DataKey> {
  const rows = await listWrappedDataKeys(reader, organizationId)
  if (rows.length === 0) throw new Tampered(`organization ${organizationId} has no data key`)
  const isUnknown = rows.some(({ root_version: version }) => !rootKeys.has(version))
  if (isUnknown) await followRootKeys(reader, rootKeys)
  try {
    return DataKey.unwrap((version) => rootKeys.key(version), organizationId, rows)
  } catch (cause) {
    throw new Tampered(`the data key of organization ${organizationId} does not open`, { cause })
  }
}
