// Values of EIP-712 typed data, encoded and hashed by their types.
import { withEthereumChecksum } from '../address/ethereum.ts'
import { keccak256 } from '../hash.ts'
import {
  bytesOf,
  integerOf,
  type Json,
  readArray,
  readObject,
  refuseOtherMembers,
} from './strictJson.ts'
import { encodeType, type FieldType, type StructTypes } from './typedDataTypes.ts'
import { refuse } from '../verdict.ts'

const wordBytes = 32

/** Hashes values of the given types. Type hashes are kept, so use one for all parts of a message. */
export class TypedDataEncoder {
  readonly #types: StructTypes
  readonly #typeHashes = new Map<string, Buffer>()

  constructor(types: StructTypes) {
    this.#types = types
  }

  /** `hashStruct` of EIP-712. Every field has a value, and there is no value without a field. */
  hashStruct(name: string, value: Json | undefined): Buffer {
    const fields = this.#types.get(name) ?? refuse('the primary type is unknown')
    const object = readObject(value, `\`${name}\``)
    const names = fields.map((field) => field.name)
    refuseOtherMembers(object, names, `\`${name}\``)
    const words = fields.map((field) => {
      const where = `\`${name}.${field.name}\``
      const member = object.get(field.name)
      return member === undefined
        ? refuse(`${where} is missing`)
        : this.#encode(field.type, member, where)
    })
    return keccak256(Buffer.concat([this.#typeHash(name), ...words]))
  }

  /**
   * A value that was hashed, in one spelling: integers as bigints, bytes as lower-case hexadecimal
   * with `0x`, addresses in the case of EIP-55.
   */
  describeStruct(name: string, value: Json | undefined): Readonly<Record<string, unknown>> {
    const object = readObject(value, name)
    const fields = this.#types.get(name) ?? []
    return Object.fromEntries(
      fields.map((field) => [field.name, this.#describe(field.type, object.get(field.name))]),
    )
  }

  #describe({ base, lengths, text }: FieldType, value: Json | undefined): unknown {
    if (lengths.length > 0) {
      const itemType = { base, text, lengths: lengths.slice(0, -1) }
      return readArray(value ?? [], base).map((item) => this.#describe(itemType, item))
    }
    if (this.#types.has(base)) return this.describeStruct(base, value)
    if (base === 'string' || base === 'bool') return value
    const digits = bytesOf(value)?.toString('hex') ?? ''
    if (base === 'address') return withEthereumChecksum(digits)
    return base.startsWith('bytes') ? `0x${digits}` : integerOf(value)
  }

  #encode(type: FieldType, value: Json, where: string): Buffer {
    const length = type.lengths.at(-1)
    if (length === undefined) {
      return this.#types.has(type.base)
        ? this.hashStruct(type.base, value)
        : (encodeAtomic(type.base, value) ?? refuse(`${where} is not of type ${type.base}`))
    }
    const items = readArray(value, where)
    if (length !== null && items.length !== length) refuse(`${where} does not have ${length} items`)
    const itemType = { ...type, lengths: type.lengths.slice(0, -1) }
    return keccak256(Buffer.concat(items.map((item) => this.#encode(itemType, item, where))))
  }

  #typeHash(name: string): Buffer {
    const known = this.#typeHashes.get(name)
    if (known !== undefined) return known
    const hash = keccak256(Buffer.from(encodeType(this.#types, name), 'utf8'))
    this.#typeHashes.set(name, hash)
    return hash
  }
}

/**
 * The 20 bytes of an address: `0x` and 40 digits, in one case or in that of EIP-55. Undefined for
 * anything else: letters of mixed case that do not match have a typing error.
 */
export function parseAddress(value: Json | undefined): Buffer | undefined {
  const bytes = bytesOf(value)
  if (bytes?.length !== 20 || typeof value !== 'string') return undefined
  const digits = value.slice(2)
  const isOneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase()
  return isOneCase || value === withEthereumChecksum(digits.toLowerCase()) ? bytes : undefined
}

function encodeAtomic(type: string, value: Json): Buffer | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? keccak256(Buffer.from(value, 'utf8')) : undefined
    case 'bytes': {
      const bytes = bytesOf(value)
      return bytes && keccak256(bytes)
    }
    case 'bool':
      return typeof value === 'boolean' ? encodeWord(value ? 1n : 0n) : undefined
    case 'address': {
      const bytes = parseAddress(value)
      return bytes && Buffer.concat([Buffer.alloc(wordBytes - 20), bytes])
    }
    default:
      return type.startsWith('bytes')
        ? encodeFixedBytes(Number(type.slice('bytes'.length)), value)
        : encodeInteger(type, value)
  }
}

function encodeFixedBytes(length: number, value: Json): Buffer | undefined {
  const bytes = bytesOf(value)
  if (bytes?.length !== length) return undefined
  return Buffer.concat([bytes, Buffer.alloc(wordBytes - length)])
}

function encodeInteger(type: string, value: Json): Buffer | undefined {
  const integer = integerOf(value)
  if (integer === undefined) return undefined
  const isSigned = type.startsWith('int')
  const bits = Number(type.slice(isSigned ? 'int'.length : 'uint'.length))
  const kept = isSigned ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer)
  return kept === integer ? encodeWord(BigInt.asUintN(256, integer)) : undefined
}

function encodeWord(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(wordBytes * 2, '0'), 'hex')
}
