// Project Wycheproof: every verdict is met, but for the leniency in DER that we chose.
import { describe, expect, test } from 'vitest'
import {
  parseEcdsaDer,
  parsePublicKey,
  sha256,
  type VerifyKey,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Case = {
  tcId: number
  comment: string
  flags: string[]
  msg: string
  sig: string
  result: string
}
type PublicKey = { uncompressed?: string; pk?: string }
type File = {
  schema: string
  numberOfTests: number
  testGroups: { publicKey: PublicKey; tests: Case[] }[]
}
type Outcome = { tcId: number; flags: string; expected: string; accepted: boolean }
type Verify = (key: VerifyKey, message: Buffer, signature: Buffer) => boolean

const verifySecp256k1: Verify = (key, message, der) => {
  const signature = parseEcdsaDer(der)
  return signature !== undefined && verifyEcdsaDigest(key, sha256(message), signature)
}

const verifyP256: Verify = (key, message, der) => {
  const signature = parseEcdsaDer(der)
  return signature !== undefined && verifyP256Message(key, message, signature)
}

// `lenient` names what Wycheproof calls invalid and we accept: a valid signature with zeros prepended
// to r (tcId 84) or to s (the other), which wallet stampers emit. It is another spelling of the same
// (r, s), and high S already makes a second spelling possible.
const suites = [
  {
    file: 'wycheproof-ecdsa-secp256k1-sha256.json',
    curve: 'secp256k1',
    verify: verifySecp256k1,
    counts: { valid: 168, invalid: 308 },
    lenient: ['84 InvalidEncoding', '127 InvalidEncoding'],
  },
  {
    file: 'wycheproof-ecdsa-secp256r1-sha256.json',
    curve: 'p256',
    verify: verifyP256,
    counts: { valid: 174, invalid: 310 },
    lenient: ['84 InvalidEncoding', '128 InvalidEncoding'],
  },
  {
    file: 'wycheproof-ed25519.json',
    curve: 'ed25519',
    verify: verifyEd25519,
    counts: { valid: 88, invalid: 63 },
    lenient: [],
  },
] as const

describe.each(suites)('$file', ({ file, curve, verify, counts, lenient }) => {
  const vectors = loadVectors<File>(file)
  const outcomes: Outcome[] = vectors.testGroups.flatMap(({ publicKey, tests }) => {
    const encoded = hex(present(publicKey.uncompressed ?? publicKey.pk))
    const key = present(parsePublicKey(curve, encoded))
    return tests.map((row) => ({
      tcId: row.tcId,
      flags: row.flags.join(),
      expected: row.result,
      accepted: verify(key, hex(row.msg), hex(row.sig)),
    }))
  })
  const count = (expected: string) => outcomes.filter((row) => row.expected === expected).length

  test('holds the expected number of cases, in the expected form', () => {
    expect({ valid: count('valid'), invalid: count('invalid') }).toEqual(counts)
    expect(outcomes.length).toBe(vectors.numberOfTests)
    const fields = vectors.testGroups.flatMap((group) => group.tests.map((row) => Object.keys(row)))
    expect(new Set(fields.map((names) => names.join()))).toEqual(
      new Set(['tcId,comment,flags,msg,sig,result']),
    )
  })

  test('accepts every valid case', () => {
    expect(outcomes.filter((row) => row.expected === 'valid' && !row.accepted)).toEqual([])
  })

  test('accepts of the invalid ones exactly the lenient set', () => {
    const accepted = outcomes.filter((row) => row.expected === 'invalid' && row.accepted)
    expect(accepted.map((row) => `${row.tcId} ${row.flags}`)).toEqual(lenient)
  })
})
