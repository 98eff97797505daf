// The request stamps recorded from the official Turnkey clients, in all four schemes.
import { p256 } from '@noble/curves/nist.js'
import { expect, test } from 'vitest'
import {
  type Curve,
  keccak256,
  parseEcdsaDer,
  parsePublicKey,
  publicKeyOf,
  sha256,
  signEd25519,
  signP256,
  signSecp256k1,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Stamp = {
  scheme: string
  curve: Curve
  privateKey: string
  publicKey: string
  body: string
  signature: string
}

const stamps = loadVectors<Stamp[]>('turnkey-stamps.json')

function digestOf(scheme: string, body: Buffer): Buffer {
  if (!scheme.endsWith('EIP191')) return sha256(body)
  return keccak256(
    Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${body.length}`), body]),
  )
}

function verifyStamp(stamp: Stamp, body: Buffer): boolean {
  const key = present(parsePublicKey(stamp.curve, hex(stamp.publicKey)))
  if (stamp.curve === 'ed25519') return verifyEd25519(key, body, hex(stamp.signature))
  const signature = present(parseEcdsaDer(hex(stamp.signature)))
  if (stamp.curve === 'p256') return verifyP256Message(key, body, signature)
  return verifyEcdsaDigest(key, digestOf(stamp.scheme, body), signature)
}

test('all four schemes are here', () => {
  expect(new Set(stamps.map((stamp) => stamp.scheme)).size).toBe(4)
})

test.each(stamps)('$scheme verifies, and not for a changed body', (stamp) => {
  expect(publicKeyOf(stamp.curve, hex(stamp.privateKey)).toString('hex')).toBe(stamp.publicKey)
  expect(verifyStamp(stamp, Buffer.from(stamp.body))).toBe(true)
  expect(verifyStamp(stamp, Buffer.from(`${stamp.body} `))).toBe(false)
})

const ecdsaStamps = stamps.filter((stamp) => stamp.curve !== 'ed25519')
const ed25519Stamps = stamps.filter((stamp) => stamp.curve === 'ed25519')

// The P-256 stamper does not normalise s; we do.
test.each(ecdsaStamps)('$scheme: we sign the same, but for high S on P-256', (stamp) => {
  const recorded = present(parseEcdsaDer(hex(stamp.signature)))
  const sign = stamp.curve === 'p256' ? signP256 : signSecp256k1
  const ours = sign(hex(stamp.privateKey), digestOf(stamp.scheme, Buffer.from(stamp.body)))
  expect(ours.r).toEqual(recorded.r)
  const negated = p256.Point.Fn.ORDER - BigInt(`0x${ours.s.toString('hex')}`)
  const expected = stamp.curve === 'p256' ? hex(negated.toString(16)) : ours.s
  expect(recorded.s).toEqual(expected)
})

test.each(ed25519Stamps)('$scheme: we sign the same', (stamp) => {
  const ours = signEd25519(hex(stamp.privateKey), Buffer.from(stamp.body))
  expect(ours.toString('hex')).toBe(stamp.signature)
})
