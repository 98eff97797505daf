// What a seal does in a token: make a P-256 key pair that never leaves it, and agree with it.
import { attributes, Cryptoki, CryptokiError, readUlong, record, ulong } from './cryptoki.ts'

const CKF_RW_SESSION = 2
const CKF_SERIAL_SESSION = 4
const CKU_USER = 1
const CKM_EC_KEY_PAIR_GEN = 0x1040
const CKM_ECDH1_DERIVE = 0x1050
const CKD_NULL = 1
const CKO_PUBLIC_KEY = 2
const CKO_PRIVATE_KEY = 3
const CKO_SECRET_KEY = 4
const CKK_EC = 3
const CKK_GENERIC_SECRET = 0x10
const CKA = {
  class: 0,
  token: 1,
  private: 2,
  label: 3,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  derive: 0x10c,
  valueLength: 0x161,
  extractable: 0x162,
  ecParameters: 0x180,
  ecPoint: 0x181,
} as const

const P256_OID = Buffer.from('06082a8648ce3d030107', 'hex')
const YES = Buffer.of(1)
const NO = Buffer.of(0)
const LABEL_BYTES = 32
const TOKEN_INFO_BYTES = 512
const POINT_BYTES = 65
const X_BYTES = 32

/** An agreed key is of this process's session, and leaves the token. */
const SHARED_SECRET = [
  [CKA.class, ulong(CKO_SECRET_KEY)],
  [CKA.keyType, ulong(CKK_GENERIC_SECRET)],
  [CKA.valueLength, ulong(X_BYTES)],
  [CKA.token, NO],
  [CKA.sensitive, NO],
  [CKA.extractable, YES],
] as const

/** Where the key pair is, and what opens the token. */
export interface TokenAccess {
  /** Path of the PKCS#11 library. */
  module: string
  /** The token's label. */
  token: string
  pin: string
}

/** The token has no key with that id. */
export class NoSuchKey extends Error {
  override name = 'NoSuchKey'
}

/** A logged-in session with a token, of one process that ends with it. */
export class Token {
  readonly #module: Cryptoki
  readonly #session: number

  /** @throws CryptokiError, and Error when there is no such token */
  constructor({ module, token, pin }: TokenAccess) {
    this.#module = new Cryptoki(module)
    this.#module.call('C_Initialize', null)
    const session = ulong(0)
    const flags = CKF_SERIAL_SESSION | CKF_RW_SESSION
    this.#module.call('C_OpenSession', this.#findSlot(token), flags, null, null, session)
    this.#session = readUlong(session)
    const bytes = Buffer.from(pin)
    this.#module.call('C_Login', this.#session, CKU_USER, bytes, bytes.length)
  }

  /** Makes a key pair. @returns its public key, 65 bytes */
  generate(id: Buffer, label: string): Buffer {
    const common = [
      [CKA.token, YES],
      [CKA.id, id],
      [CKA.label, Buffer.from(label)],
    ] as const
    const forPublic = attributes([...common, [CKA.ecParameters, P256_OID]])
    const forPrivate = attributes([
      ...common,
      [CKA.private, YES],
      [CKA.sensitive, YES],
      [CKA.extractable, NO],
      [CKA.derive, YES],
    ])
    const mechanism = record([CKM_EC_KEY_PAIR_GEN, null, 0])
    const [publicKey, privateKey] = [ulong(0), ulong(0)]
    const templates = [forPublic, forPublic.count, forPrivate, forPrivate.count]
    const results = [publicKey, privateKey]
    this.#module.call('C_GenerateKeyPair', this.#session, mechanism, ...templates, ...results)
    return this.#point(readUlong(publicKey))
  }

  /** The public key with that id. @throws NoSuchKey */
  publicKey(id: Buffer): Buffer {
    return this.#point(this.#find(CKO_PUBLIC_KEY, id))
  }

  /** The x coordinate of the ECDH with each of `points`, which have 65 bytes. */
  agree(id: Buffer, points: readonly Buffer[]): Buffer[] {
    const privateKey = this.#find(CKO_PRIVATE_KEY, id)
    return points.map((point) => {
      const parameters = record([CKD_NULL, 0, null, point.length, point])
      const mechanism = record([CKM_ECDH1_DERIVE, parameters, parameters.bytes.length])
      const [key, derived] = [attributes(SHARED_SECRET), ulong(0)]
      const target = [key, key.count, derived]
      this.#module.call('C_DeriveKey', this.#session, mechanism, privateKey, ...target)
      return this.#attribute(readUlong(derived), CKA.value, X_BYTES)
    })
  }

  close(): void {
    this.#module.call('C_Finalize', null)
  }

  #findSlot(label: string): number {
    const count = ulong(0)
    this.#module.call('C_GetSlotList', 1, null, count)
    const slots = Buffer.alloc(readUlong(count) * 8)
    if (slots.length > 0) this.#module.call('C_GetSlotList', 1, slots, count)
    const found = Array.from({ length: slots.length / 8 }, (_, index) =>
      readUlong(slots.subarray(index * 8)),
    ).filter((slot) => this.#labelOf(slot) === label)
    if (found[0] === undefined) throw new Error(`the module has no token labelled ${label}`)
    if (found.length > 1) throw new Error(`the module has several tokens labelled ${label}`)
    return found[0]
  }

  #labelOf(slot: number): string {
    const info = Buffer.alloc(TOKEN_INFO_BYTES)
    this.#module.call('C_GetTokenInfo', slot, info)
    return info.toString('utf8', 0, LABEL_BYTES).trimEnd()
  }

  #find(objectClass: number, id: Buffer): number {
    const template = attributes([
      [CKA.class, ulong(objectClass)],
      [CKA.keyType, ulong(CKK_EC)],
      [CKA.id, id],
    ])
    this.#module.call('C_FindObjectsInit', this.#session, template, template.count)
    const [object, count] = [ulong(0), ulong(0)]
    this.#module.call('C_FindObjects', this.#session, object, 1, count)
    this.#module.call('C_FindObjectsFinal', this.#session)
    if (readUlong(count) === 0) throw new NoSuchKey(`the token has no key ${id.toString('hex')}`)
    return readUlong(object)
  }

  #point(object: number): Buffer {
    const value = this.#attribute(object, CKA.ecPoint, POINT_BYTES + 2)
    // DER's OCTET STRING around the point, which some modules leave out.
    const point = value[0] === 4 && value[1] === POINT_BYTES ? value.subarray(2) : value
    if (point.length < POINT_BYTES) throw new CryptokiError('CKA_EC_POINT', 0)
    return point.subarray(0, POINT_BYTES)
  }

  #attribute(object: number, type: number, bytesMax: number): Buffer {
    const value = Buffer.alloc(bytesMax)
    const template = attributes([[type, value]])
    this.#module.call('C_GetAttributeValue', this.#session, object, template, template.count)
    return value.subarray(0, readUlong(template.bytes.subarray(16)))
  }
}
