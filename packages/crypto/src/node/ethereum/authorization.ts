// EIP-7702: the digest that lets an account run a contract's code, from the JSON clients send.
import { keccak256 } from '../hash.ts'
import { encodeRlp, integerBytes } from './rlp.ts'
import {
  integerOf,
  type Json,
  readObject,
  readStrictJson,
  refuseOtherMembers,
} from './strictJson.ts'
import { nonceLimit, uint256Limit } from './transactionFields.ts'
import { parseAddress } from './typedDataEncoder.ts'
import { refuse, type Verdict, verdictOf } from '../verdict.ts'

/**
 * An authorization that was hashed. `chainId` 0 makes it valid on every chain, and the zero
 * `address` takes the code away again.
 */
export type AuthorizationDigest = Readonly<{
  digest: Buffer
  chainId: bigint
  address: Buffer
  nonce: bigint
}>

const magic = Buffer.of(0x05)

/**
 * The digest to sign for an authorization (EIP-7702, Set code transaction):
 * `keccak256(0x05 ‖ rlp([chainId, address, nonce]))`.
 *
 * `text` is JSON of exactly `chainId`, `nonce`, and `address` or, as older clients call it,
 * `contractAddress`. Integers are JSON numbers, decimal strings or `0x` strings; the chain id stays
 * below 2^256 and the nonce below 2^64 - 1, from which on nodes ignore it.
 */
export function hashAuthorization(text: string): Verdict<AuthorizationDigest> {
  return verdictOf(() => {
    const data = readObject(readStrictJson(text), 'the authorization')
    const addressName = data.has('contractAddress') ? 'contractAddress' : 'address'
    refuseOtherMembers(data, [addressName, 'chainId', 'nonce'], 'the authorization')
    const address = parseAddress(data.get(addressName)) ?? refuse('`address` is not an address')
    const chainId = integerBelow(data.get('chainId'), '`chainId`', uint256Limit)
    const nonce = integerBelow(data.get('nonce'), '`nonce`', nonceLimit)
    const tuple = encodeRlp([integerBytes(chainId), address, integerBytes(nonce)])
    return { digest: keccak256(Buffer.concat([magic, tuple])), chainId, address, nonce }
  })
}

function integerBelow(value: Json | undefined, name: string, limit: bigint): bigint {
  const integer = integerOf(value) ?? refuse(`${name} is not an integer`)
  return integer >= 0n && integer < limit ? integer : refuse(`${name} is out of range`)
}
