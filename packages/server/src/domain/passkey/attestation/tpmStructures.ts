// Structures of TPM 2.0 (TPM Library part 2): TPMT_PUBLIC and TPMS_ATTEST.
import { ensure } from '../refusal.ts'

/** A key's public area. `exponent` is for RSA, `y` for elliptic curves. */
export interface TpmPublicArea {
  kind: 'rsa' | 'ec'
  /** The hash with which the area is named. */
  nameHash: string
  /** The modulus, or x. */
  unique: Buffer
  exponent: Buffer
  y: Buffer
}

/** Reads one field after another. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  take(length: number): Buffer {
    const end = this.#at + length
    ensure(end <= this.#bytes.length, 'a TPM structure is truncated')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  uint16(): number {
    return this.take(2).readUInt16BE()
  }

  /** A TPM2B: its length, then its bytes. */
  sized(): Buffer {
    return this.take(this.uint16())
  }

  end(): void {
    ensure(this.#at === this.#bytes.length, 'bytes follow a TPM structure')
  }
}

const RSA = 0x0001
const ECC = 0x0023
const NULL = 0x0010
const NIST_P256 = 0x0003
const DEFAULT_EXPONENT = Buffer.from('010001', 'hex')

/** By TPM_ALG_ID. */
const HASHES: ReadonlyMap<number, string> = new Map([
  [0x0004, 'sha1'],
  [0x000b, 'sha256'],
  [0x000c, 'sha384'],
  [0x000d, 'sha512'],
])

/** TPMT_PUBLIC of a signing key. @throws Refusal for keys of other kinds and curves */
export function parsePublicArea(bytes: Buffer): TpmPublicArea {
  const cursor = new Cursor(bytes)
  const type = cursor.uint16()
  const nameHash = HASHES.get(cursor.uint16())
  ensure(nameHash !== undefined, 'the TPM names keys by an unknown hash')
  cursor.take(4)
  cursor.sized()
  ensure(cursor.uint16() === NULL, 'the key of the TPM is not for signing')
  skipScheme(cursor)
  const key = type === RSA ? parseRsa(cursor) : parseEcc(cursor, type)
  cursor.end()
  return { nameHash, ...key }
}

function parseRsa(cursor: Cursor): Omit<TpmPublicArea, 'nameHash'> {
  cursor.uint16()
  const exponent = cursor.take(4)
  const isDefault = exponent.readUInt32BE() === 0
  const none = Buffer.alloc(0)
  return {
    kind: 'rsa',
    exponent: isDefault ? DEFAULT_EXPONENT : exponent,
    unique: cursor.sized(),
    y: none,
  }
}

function parseEcc(cursor: Cursor, type: number): Omit<TpmPublicArea, 'nameHash'> {
  ensure(type === ECC, 'the key of the TPM is of another kind')
  ensure(cursor.uint16() === NIST_P256, 'the key of the TPM is on another curve')
  skipScheme(cursor)
  return { kind: 'ec', exponent: Buffer.alloc(0), unique: cursor.sized(), y: cursor.sized() }
}

/** A scheme, with its hash unless there is none. */
function skipScheme(cursor: Cursor): void {
  if (cursor.uint16() !== NULL) cursor.uint16()
}

const MAGIC = 'ff544347'
const ATTEST_CERTIFY = 0x8017
const CLOCK_AND_FIRMWARE_BYTES = 17 + 8

/** What a TPMS_ATTEST certifies: the name of a key, for somebody's data. @throws Refusal */
export function parseCertifyInfo(bytes: Buffer): { extraData: Buffer; name: Buffer } {
  const cursor = new Cursor(bytes)
  ensure(cursor.take(4).toString('hex') === MAGIC, 'certInfo was not made by a TPM')
  ensure(cursor.uint16() === ATTEST_CERTIFY, 'certInfo certifies something else')
  cursor.sized()
  const extraData = cursor.sized()
  cursor.take(CLOCK_AND_FIRMWARE_BYTES)
  const name = cursor.sized()
  cursor.sized()
  cursor.end()
  return { extraData, name }
}
