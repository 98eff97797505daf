// Project Wycheproof for what encrypts: AES-256-GCM, ECDH on P-256 and HKDF-SHA-256.
import { describe, expect, test } from 'vitest'
import { encryptOnce } from '../src/node/aead.ts'
import { hkdfExpand, hkdfExtract } from '../src/node/hash.ts'
import { aeadKey, aeadOpen, hkdfSha256, hpkeRecipient } from '../src/node/index.ts'
import { hex, loadVectors } from './vectors.ts'

type Verdict = 'valid' | 'invalid' | 'acceptable'
type Row = { tcId: number; result: Verdict }
type File<Group, Case> = { numberOfTests: number; testGroups: (Group & { tests: Case[] })[] }

const countBy = (rows: Row[], result: Verdict) => rows.filter((row) => row.result === result).length

describe('AES-GCM', () => {
  type Case = Row & { key: string; iv: string; aad: string; msg: string; ct: string; tag: string }
  type Sizes = { keySize: number; ivSize: number; tagSize: number }
  const file = loadVectors<File<Sizes, Case>>('wycheproof-aes-gcm.json')
  const groups = file.testGroups
  const used = groups
    .filter((group) => group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128)
    .flatMap((group) => group.tests)

  test('holds the expected number of cases with our sizes', () => {
    expect(groups.reduce((sum, group) => sum + group.tests.length, 0)).toBe(316)
    expect(file.numberOfTests).toBe(316)
    expect([countBy(used, 'valid'), countBy(used, 'invalid')]).toEqual([39, 27])
  })

  test('opens exactly the valid ones, and makes them again', () => {
    const opened = used.filter((row) => {
      const sealed = hex(row.iv + row.ct + row.tag)
      try {
        return aeadOpen(aeadKey(hex(row.key)), sealed, hex(row.aad)).equals(hex(row.msg))
      } catch {
        return false
      }
    })
    expect(opened).toEqual(used.filter((row) => row.result === 'valid'))
    for (const row of opened) {
      const context = { key: aeadKey(hex(row.key)), nonce: hex(row.iv), aad: hex(row.aad) }
      expect(encryptOnce(context, hex(row.msg)).toString('hex')).toBe(row.ct + row.tag)
    }
  })

  test('takes no key of another size', () => {
    const others = groups.filter((group) => group.keySize !== 256).flatMap((group) => group.tests)
    for (const row of others) expect(() => aeadKey(hex(row.key))).toThrow(RangeError)
    expect(others.length).toBe(211)
  })
})

describe('ECDH on P-256', () => {
  type Case = Row & { public: string; private: string; shared: string }
  const file = loadVectors<File<object, Case>>('wycheproof-ecdh-secp256r1.json')
  const rows = file.testGroups.flatMap((group) => group.tests)

  test('agrees on exactly the secrets of points of the curve', () => {
    const agreed = rows.filter((row) => {
      const privateKey = hex(row.private.padStart(64, '0').slice(-64))
      try {
        return hpkeRecipient(privateKey).agree(hex(row.public)).toString('hex') === row.shared
      } catch {
        return false
      }
    })
    expect(agreed).toEqual(rows.filter((row) => row.result !== 'invalid'))
    expect(countBy(rows, 'valid')).toBe(330)
    expect(countBy(rows, 'invalid')).toBe(24)
    expect(rows.length).toBe(file.numberOfTests)
  })
})

describe('HKDF-SHA-256', () => {
  type Case = Row & { ikm: string; salt: string; info: string; size: number; okm: string }
  const file = loadVectors<File<object, Case>>('wycheproof-hkdf-sha256.json')
  const rows = file.testGroups.flatMap((group) => group.tests)
  const valid = rows.filter((row) => row.result === 'valid')

  test('gives the bytes of every valid case', () => {
    for (const row of valid) {
      const prk = hkdfExtract(hex(row.salt), hex(row.ikm))
      expect(hkdfExpand(prk, hex(row.info), row.size).toString('hex')).toBe(row.okm)
    }
    const unsalted = valid.filter((row) => row.salt === '')
    for (const row of unsalted) {
      expect(hkdfSha256(hex(row.ikm), hex(row.info), row.size).toString('hex')).toBe(row.okm)
    }
    expect([valid.length, unsalted.length]).toEqual([83, 23])
  })

  test('refuses to give more than there is', () => {
    const invalid = rows.filter((row) => row.result === 'invalid')
    for (const row of invalid) {
      expect(() => hkdfExpand(hex(row.ikm), hex(row.info), row.size)).toThrow(RangeError)
      expect(() => hkdfSha256(hex(row.ikm), hex(row.info), row.size)).toThrow(RangeError)
    }
    expect(invalid.length).toBe(3)
    expect(rows.length).toBe(file.numberOfTests)
  })
})
