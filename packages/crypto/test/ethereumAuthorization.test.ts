// EIP-7702 authorizations: the shapes clients send, as viem hashes them, and what is refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashAuthorization as viemHash } from 'viem/utils'
import { hashAuthorization } from '../src/node/index.ts'
import { hex } from './vectors.ts'

const address = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
const digest = (chainId: number, nonce: number) =>
  hex(viemHash({ address, chainId, nonce }).slice(2))

describe('shapes', () => {
  test('@turnkey/viem 0.13.0 to 0.14.37: address, chainId, nonce, both as numbers', () => {
    const text = JSON.stringify({ address, chainId: 11155111, nonce: 7 })
    expect(hashAuthorization(text)).toEqual({
      ok: true,
      digest: digest(11155111, 7),
      chainId: 11155111n,
      address: hex(address.slice(2)),
      nonce: 7n,
    })
  })

  test('@turnkey/viem 0.9.6 and 0.9.10 send the digest, not this JSON', () => {
    expect(hashAuthorization(`0x${digest(1, 0).toString('hex')}`).ok).toBe(false)
  })

  test.each([
    ['contractAddress', { contractAddress: address, chainId: 5, nonce: 1 }],
    ['decimal strings', { address, chainId: '5', nonce: '1' }],
    ['hexadecimal strings', { address, chainId: '0x5', nonce: '0x01' }],
    ['a lower-case address', { address: address.toLowerCase(), chainId: 5, nonce: 1 }],
  ])('%s', (_name, value) => {
    const verdict = hashAuthorization(JSON.stringify(value))
    expect(verdict.ok && verdict.digest).toEqual(digest(5, 1))
  })
})

test('random authorizations hash as in viem', () => {
  const number = fc.oneof(fc.nat({ max: 200 }), fc.maxSafeNat())
  fc.assert(
    fc.property(number, number, (chainId, nonce) => {
      const verdict = hashAuthorization(JSON.stringify({ address, chainId, nonce }))
      expect(verdict.ok && verdict.digest).toEqual(digest(chainId, nonce))
    }),
    { numRuns: 300 },
  )
})

const max = { chainId: 2n ** 256n - 1n, nonce: 2n ** 64n - 2n }

test('the largest chain id and nonce are accepted, one more is not', () => {
  const verdict = (chainId: bigint, nonce: bigint) =>
    hashAuthorization(JSON.stringify({ address, chainId: `${chainId}`, nonce: `${nonce}` }))
  expect(verdict(max.chainId, max.nonce).ok).toBe(true)
  expect(verdict(max.chainId + 1n, 0n)).toEqual({ ok: false, reason: '`chainId` is out of range' })
  expect(verdict(0n, max.nonce + 1n)).toEqual({ ok: false, reason: '`nonce` is out of range' })
})

test.each([
  ['not JSON', 'x', 'the json is malformed'],
  ['no object', '[]', 'the authorization is not an object'],
  ['no address', '{"chainId":1,"nonce":0}', '`address` is not an address'],
  ['no chain id', `{"address":"${address}","nonce":0}`, '`chainId` is not an integer'],
  ['no nonce', `{"address":"${address}","chainId":1}`, '`nonce` is not an integer'],
  ['nonce null', `{"address":"${address}","chainId":1,"nonce":null}`, '`nonce` is not an integer'],
  ['nonce negative', `{"address":"${address}","chainId":1,"nonce":-1}`, '`nonce` is out of range'],
  [
    'chain id empty',
    `{"address":"${address}","chainId":"","nonce":0}`,
    '`chainId` is not an integer',
  ],
  [
    'chain id rounded',
    `{"address":"${address}","chainId":9007199254740993,"nonce":0}`,
    'the json has a number that is not a safe integer',
  ],
  [
    'a member more',
    `{"address":"${address}","chainId":1,"nonce":0,"r":"0x"}`,
    'the authorization has a member that is not part of it',
  ],
  [
    'both addresses',
    `{"address":"${address}","contractAddress":"${address}","chainId":1,"nonce":0}`,
    'the authorization has a member that is not part of it',
  ],
  [
    'nonce twice',
    `{"address":"${address}","chainId":1,"nonce":0,"nonce":1}`,
    'the json has a member twice',
  ],
  [
    'wrong letter case',
    `{"address":"${address.replace('E7E3', 'e7E3')}","chainId":1,"nonce":0}`,
    '`address` is not an address',
  ],
  [
    'address without 0x',
    `{"address":"${address.slice(2)}","chainId":1,"nonce":0}`,
    '`address` is not an address',
  ],
  [
    'a list',
    `[{"address":"${address}","chainId":1,"nonce":0}]`,
    'the authorization is not an object',
  ],
])('%s is refused', (_name, text, reason) => {
  expect(hashAuthorization(text)).toEqual({ ok: false, reason })
})

test('random text never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(hashAuthorization(text).ok).toBe(false)
    }),
    { numRuns: 500 },
  )
})
