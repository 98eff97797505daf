// Readers of single transaction fields: each takes an RLP item and refuses all but one shape.
import type { RlpItem } from './rlp.ts'
import { refuse } from '../verdict.ts'

/** An address and the storage keys of it a transaction announces (EIP-2930). */
export type AccessListEntry = Readonly<{ address: Buffer; storageKeys: readonly Buffer[] }>

/** A signed delegation carried by a transaction (EIP-7702). `chainId` 0 stands for every chain. */
export type SignedAuthorization = Readonly<{
  chainId: bigint
  address: Buffer
  nonce: bigint
  yParity: 0 | 1
  r: bigint
  s: bigint
}>

type Reader<T> = (item: RlpItem, name: string) => T

const addressBytes = 20
const hashBytes = 32
const blobHashVersion = 0x01

/** 2^64: what gas and nonces of authorizations stay below. */
export const uint64Limit = 2n ** 64n

/** 2^256: what amounts stay below. */
export const uint256Limit = 2n ** 256n

/** 2^64 - 1: no account can have this nonce (EIP-2681), so nothing signed with it can be used. */
export const nonceLimit = uint64Limit - 1n

/**
 * The largest chain id for which v of EIP-155 fits 64 bits (EIP-2294). Larger ones are legal in the
 * typed transactions but no chain has one, and nodes and libraries would cut them short.
 */
const chainIdMax = (uint64Limit - 1n) / 2n - 36n

/** An unsigned big-endian integer without leading zeros, below `limit`. */
export function integerBelow(limit: bigint): Reader<bigint> {
  return (item, name) => {
    const bytes = readBytes(item, name)
    if (bytes[0] === 0) refuse(`${name} has leading zeros`)
    // Bounded first: reading a megabyte of digits takes long.
    const value = bytes.length > 32 ? limit : BigInt(`0x0${bytes.toString('hex')}`)
    if (value >= limit) refuse(`${name} is too large`)
    return value
  }
}

export function readChainId(item: RlpItem, name: string): bigint {
  const chainId = integerBelow(chainIdMax + 1n)(item, name)
  if (chainId === 0n) refuse(`${name} is zero`)
  return chainId
}

export function readBytes(item: RlpItem, name: string): Buffer {
  if (!Buffer.isBuffer(item)) refuse(`${name} is a list`)
  return item
}

export function readAddress(item: RlpItem, name: string): Buffer {
  return bytesOf(addressBytes)(item, name)
}

export function readOptionalAddress(item: RlpItem, name: string): Buffer | null {
  return readBytes(item, name).length === 0 ? null : readAddress(item, name)
}

export function readAccessList(item: RlpItem, name: string): AccessListEntry[] {
  return readList(item, name).map((entry) => {
    const field = tupleOf(entry, `${name} entry`, 2)
    return {
      address: readAddress(field(0), `${name} address`),
      storageKeys: readList(field(1), `${name} storage keys`).map((key) =>
        bytesOf(hashBytes)(key, `${name} storage key`),
      ),
    }
  })
}

/** The versioned hashes of EIP-4844: at least one, all of the only version there is. */
export function readBlobHashes(item: RlpItem, name: string): Buffer[] {
  const hashes = readList(item, name).map((hash) => bytesOf(hashBytes)(hash, `${name} entry`))
  if (hashes.length === 0) refuse(`${name} is empty`)
  if (hashes.some((hash) => hash[0] !== blobHashVersion)) {
    refuse(`${name} entry has an unknown version`)
  }
  return hashes
}

/**
 * The authorizations of EIP-7702. Its bounds, but for yParity: the specification lets it be any
 * byte and then ignores the entry, because no signer can be recovered.
 */
export function readAuthorizationList(item: RlpItem, name: string): SignedAuthorization[] {
  return readList(item, name).map((entry) => {
    const field = tupleOf(entry, `${name} entry`, 6)
    return {
      chainId: integerBelow(uint256Limit)(field(0), `${name} chainId`),
      address: readAddress(field(1), `${name} address`),
      nonce: integerBelow(uint64Limit)(field(2), `${name} nonce`),
      yParity: integerBelow(2n)(field(3), `${name} yParity`) === 0n ? 0 : 1,
      r: integerBelow(uint256Limit)(field(4), `${name} r`),
      s: integerBelow(uint256Limit)(field(5), `${name} s`),
    }
  })
}

function readList(item: RlpItem, name: string): readonly RlpItem[] {
  if (Buffer.isBuffer(item)) refuse(`${name} is not a list`)
  return item
}

function tupleOf(item: RlpItem, name: string, length: number): (at: number) => RlpItem {
  const items = readList(item, name)
  if (items.length !== length) refuse(`${name} does not have ${length} fields`)
  return (at) => items[at] ?? refuse(`${name} does not have ${length} fields`)
}

function bytesOf(length: number): Reader<Buffer> {
  return (item, name) => {
    const bytes = readBytes(item, name)
    if (bytes.length !== length) refuse(`${name} is not ${length} bytes`)
    return bytes
  }
}
