// The Ethereum Foundation's transaction tests, which are signed: they are taken apart first.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { expect, test } from 'vitest'
import {
  decodeRlp,
  encodeRlp,
  keccak256,
  parseEthereumTransaction,
  type RlpItem,
} from '../src/node/index.ts'
import { hex, loadVectors } from './vectors.ts'

type Accepted = { name: string; signed: string; hash: string; sender: string }
type Refused = { name: string; signed: string; exception: string }
type Parts = { unsigned: Buffer; r: Buffer; s: Buffer; recovery: 0 | 1 }

const vectors = loadVectors<(Accepted | Refused)[]>('ethereum-transactions.json')
const accepted = vectors.filter((vector) => 'hash' in vector)
const refused = vectors.filter((vector) => 'exception' in vector)

const integerOf = (item: RlpItem | undefined) =>
  Buffer.isBuffer(item) ? BigInt(`0x0${item.toString('hex')}`) : 0n
const wordOf = (value: bigint) => hex(value.toString(16).padStart(64, '0'))

function integerBytes(value: bigint): Buffer {
  const digits = value === 0n ? '' : value.toString(16)
  return hex(digits.padStart(digits.length + (digits.length % 2), '0'))
}

/** The unsigned transaction and its signature; undefined when the bytes are not even a list. */
function takeApart(signed: Buffer): Parts | undefined {
  const prefix = signed.subarray(0, (signed[0] ?? 0) < 0xc0 ? 1 : 0)
  const decoded = decodeRlp(signed.subarray(prefix.length))
  if (!decoded.ok || Buffer.isBuffer(decoded.item)) return undefined
  const fields = decoded.item.slice(0, -3)
  const [v, r, s] = decoded.item.slice(-3).map(integerOf)
  if (v === undefined || r === undefined || s === undefined) return undefined
  const isReplayProtected = prefix.length === 0 && v >= 35n
  const chainId = isReplayProtected ? integerBytes((v - 35n) / 2n) : Buffer.alloc(0)
  const protection = isReplayProtected ? [chainId, Buffer.alloc(0), Buffer.alloc(0)] : []
  const recovery = prefix.length > 0 ? v === 1n : v === 28n || (v > 28n && v % 2n === 0n)
  return {
    unsigned: Buffer.concat([prefix, encodeRlp([...fields, ...protection])]),
    r: wordOf(r),
    s: wordOf(s),
    recovery: recovery ? 1 : 0,
  }
}

test('the vectors are all here', () => {
  expect([accepted.length, refused.length]).toEqual([55, 81])
})

test.each(accepted)('$name is described, hashed and assembled', ({ signed, hash, sender }) => {
  const parts = takeApart(hex(signed))
  const verdict = parts && parseEthereumTransaction(parts.unsigned)
  if (!parts || !verdict) throw new Error('not a list')
  if (!verdict.ok) throw new Error(verdict.reason)
  const { signingHash, assemble } = verdict.transaction
  expect(assemble(parts).toString('hex')).toBe(signed)
  expect(keccak256(hex(signed)).toString('hex')).toBe(hash)
  const encoded = Buffer.concat([Buffer.of(parts.recovery), parts.r, parts.s])
  const compressed = secp256k1.recoverPublicKey(encoded, signingHash, { prehash: false })
  const publicKey = secp256k1.Point.fromBytes(compressed).toBytes(false).subarray(1)
  expect(keccak256(publicKey).toString('hex', 12)).toBe(sender)
})

test('every refused one is refused for its bytes or for its unsigned part', () => {
  let forBytes = 0
  for (const { name, signed } of refused) {
    const parts = takeApart(hex(signed))
    if (parts === undefined) forBytes += 1
    const verdict = parseEthereumTransaction(parts?.unsigned ?? hex(signed))
    // Not because of how the test takes it apart.
    const reason = verdict.ok ? 'signed' : verdict.reason
    expect(`${name}: ${reason}`).not.toMatch(/: .*(signed|signature|chainId)/)
  }
  expect([forBytes, refused.length - forBytes]).toEqual([35, 46])
})
