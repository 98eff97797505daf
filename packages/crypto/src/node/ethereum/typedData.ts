// EIP-712: the digest of typed data, from the JSON text that clients send.
import { keccak256 } from '../hash.ts'
import {
  bytesOf,
  integerOf,
  type JsonObject,
  readObject,
  readStrictJson,
  refuseOtherMembers,
} from './strictJson.ts'
import { parseAddress, TypedDataEncoder } from './typedDataEncoder.ts'
import {
  domainTypeName,
  parseFieldType,
  readStructTypes,
  type StructField,
  type StructTypes,
} from './typedDataTypes.ts'
import { refuse, type Verdict, verdictOf } from '../verdict.ts'

/** What a domain says; null for what it leaves out. Exactly this is part of the digest. */
export type TypedDataDomain = Readonly<{
  name: string | null
  version: string | null
  chainId: bigint | null
  verifyingContract: Buffer | null
  salt: Buffer | null
}>

/** Typed data that was hashed. */
export type TypedDataDigest = Readonly<{
  digest: Buffer
  primaryType: string
  domain: TypedDataDomain
  /** Makes plain data of the message: integers as bigints, bytes and addresses as `0x` text. */
  describeMessage: () => Readonly<Record<string, unknown>>
}>

// EIP-712, Definition of domainSeparator, in the order of the specification.
const domainTypes: ReadonlyMap<string, string> = new Map([
  ['name', 'string'],
  ['version', 'string'],
  ['chainId', 'uint256'],
  ['verifyingContract', 'address'],
  ['salt', 'bytes32'],
])

/**
 * The digest to sign for typed data (EIP-712, `encode(domainSeparator, message)`), given as JSON of
 * `{types, primaryType, domain, message}`: the parameters of `eth_signTypedData_v4`.
 *
 * Integers are JSON numbers, decimal strings or `0x` strings. Without `EIP712Domain` in `types` it
 * is made of the fields `domain` has, in the specification's order. A domain has the five fields of
 * the specification only, in any declared order.
 *
 * Refused is all that implementations hash differently or not at all: members without a field,
 * fields without a value (null is none), values out of range, `int` and `uint`, addresses whose
 * letters have the wrong case, members given twice, numbers that are not safe integers.
 *
 * @returns a refusal also for over 512 Ki characters, 100 types, 1000 fields, 50 000 values, or
 * values nested more than 64 deep
 */
export function hashTypedData(text: string): Verdict<TypedDataDigest> {
  return verdictOf(() => {
    const data = readObject(readStrictJson(text), 'typed data')
    refuseOtherMembers(data, ['types', 'primaryType', 'domain', 'message'], 'typed data')
    const primaryType = data.get('primaryType')
    if (typeof primaryType !== 'string') return refuse('`primaryType` is not text')
    const domain = data.has('domain') ? readObject(data.get('domain'), '`domain`') : new Map()
    const types = withDomainType(readStructTypes(data.get('types')), domain)
    const encoder = new TypedDataEncoder(types)
    const parts = [Buffer.from('1901', 'hex'), encoder.hashStruct(domainTypeName, domain)]
    if (primaryType !== domainTypeName) {
      parts.push(encoder.hashStruct(primaryType, data.get('message')))
    } else if (data.has('message') && readObject(data.get('message'), '`message`').size > 0) {
      refuse('`message` has members, but the primary type is the domain')
    }
    return {
      digest: keccak256(Buffer.concat(parts)),
      primaryType,
      domain: describe(domain),
      describeMessage: () =>
        primaryType === domainTypeName
          ? {}
          : encoder.describeStruct(primaryType, data.get('message')),
    }
  })
}

function withDomainType(types: StructTypes, domain: JsonObject): StructTypes {
  const declared = types.get(domainTypeName)
  if (declared === undefined) return new Map([...types, [domainTypeName, derivedFields(domain)]])
  for (const { name, type } of declared) {
    if (domainTypes.get(name) !== type.text) refuse(`\`${domainTypeName}\` has an unknown field`)
  }
  return types
}

function derivedFields(domain: JsonObject): StructField[] {
  return [...domainTypes]
    .filter(([name]) => domain.has(name))
    .map(([name, type]) => ({ name, type: parseFieldType(type) }))
}

function describe(domain: JsonObject): TypedDataDomain {
  const name = domain.get('name')
  const version = domain.get('version')
  return {
    name: typeof name === 'string' ? name : null,
    version: typeof version === 'string' ? version : null,
    chainId: integerOf(domain.get('chainId')) ?? null,
    verifyingContract: parseAddress(domain.get('verifyingContract')) ?? null,
    salt: bytesOf(domain.get('salt')) ?? null,
  }
}
