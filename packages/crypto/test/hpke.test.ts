// HPKE to P-256: the vectors of RFC 9180, another implementation, and everything that must be refused.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decryptOnce } from '../src/node/aead.ts'
import { hpkeSender, keySchedule } from '../src/node/hpke.ts'
import {
  deriveHpkeKey,
  generatePrivateKey,
  hpkeRecipient,
  openFrom,
  publicKeyOf,
  sealTo,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Encryption = { sequence: number; aad: string; ct: string; nonce: string; pt: string }
type Vector = {
  mode: number
  kem_id: number
  kdf_id: number
  aead_id: number
  info: string
  ikmR: string
  ikmE: string
  skRm: string
  skEm: string
  pkRm: string
  enc: string
  shared_secret: string
  key: string
  base_nonce: string
  encryptions: Encryption[]
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const binding = { info: Buffer.from('info'), aad: Buffer.from('aad') }

describe('the vector of RFC 9180', () => {
  const vectors = loadVectors<Vector[]>('rfc9180.json')
  const vector = present(vectors[0])
  const info = hex(vector.info)
  const first = present(vector.encryptions[0])

  test('is of this suite, in base mode', () => {
    const { mode, kem_id, kdf_id, aead_id } = vector
    expect({ mode, kem_id, kdf_id, aead_id }).toEqual({
      mode: 0,
      kem_id: 16,
      kdf_id: 1,
      aead_id: 2,
    })
    expect(vectors.length).toBe(1)
    expect(vector.encryptions.map((row) => row.sequence)).toEqual([0, 1, 2, 4, 255, 256])
  })

  test('gives both key pairs from their key material', () => {
    expect(deriveHpkeKey(hex(vector.ikmR)).toString('hex')).toBe(vector.skRm)
    expect(deriveHpkeKey(hex(vector.ikmE)).toString('hex')).toBe(vector.skEm)
    expect(hpkeRecipient(hex(vector.skRm)).publicKey).toEqual(hex(vector.pkRm))
  })

  test('gives the key and the nonce, which decrypt every message of the vector', () => {
    const { key, nonce } = keySchedule(hex(vector.shared_secret), info)
    expect(key.export().toString('hex')).toBe(vector.key)
    expect(nonce.toString('hex')).toBe(vector.base_nonce)
    for (const row of vector.encryptions) {
      const context = { key, nonce: hex(row.nonce), aad: hex(row.aad) }
      expect(decryptOnce(context, hex(row.ct))).toEqual(hex(row.pt))
    }
  })

  test('gives the first message, byte for byte', () => {
    const sender = hpkeSender(hex(vector.pkRm), hex(vector.skEm))
    expect(sender.enc.toString('hex')).toBe(vector.enc)
    const sealed = sender.seal({ info, aad: hex(first.aad) }, hex(first.pt))
    expect(sealed.toString('hex')).toBe(first.ct)
  })

  test('opens the first message', () => {
    const recipient = hpkeRecipient(hex(vector.skRm))
    const message = Buffer.concat([hex(vector.enc), hex(first.ct)])
    expect(openFrom(recipient, { info, aad: hex(first.aad) }, message)).toEqual(hex(first.pt))
  })
})

describe('@hpke/core', () => {
  const suite = new CipherSuite({
    kem: new DhkemP256HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  })
  const exact = (value: Uint8Array): ArrayBuffer => new Uint8Array(value).buffer

  test('opens what we seal, and we open what it seals', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(100), bytes(40), bytes(300), async (info, aad, plaintext) => {
        const privateKey = generatePrivateKey('p256')
        const recipient = hpkeRecipient(privateKey)
        const pair = {
          privateKey: await suite.kem.deserializePrivateKey(exact(privateKey)),
          publicKey: await suite.kem.deserializePublicKey(exact(recipient.publicKey)),
        }
        const ours = sealTo(recipient.publicKey, { info, aad }, plaintext)
        const opening = {
          recipientKey: pair,
          enc: exact(ours.subarray(0, 65)),
          info: exact(info),
        }
        const opened = await suite.open(opening, exact(ours.subarray(65)), exact(aad))
        expect(new Uint8Array(opened)).toEqual(new Uint8Array(plaintext))

        const sealing = { recipientPublicKey: pair.publicKey, info: exact(info) }
        const theirs = await suite.seal(sealing, exact(plaintext), exact(aad))
        const message = Buffer.concat([new Uint8Array(theirs.enc), new Uint8Array(theirs.ct)])
        expect(openFrom(recipient, { info, aad }, message)).toEqual(Buffer.from(plaintext))
      }),
      { numRuns: 20 },
    )
  })
})

describe('sealTo and openFrom', () => {
  const privateKey = hex('22'.repeat(32))
  const recipient = hpkeRecipient(privateKey)
  const sealed = sealTo(recipient.publicKey, binding, Buffer.from('a secret'))

  test('take the recipient compressed or uncompressed, and add 81 bytes', () => {
    const compressed = publicKeyOf('p256', privateKey)
    for (const key of [compressed, recipient.publicKey]) {
      const message = sealTo(key, binding, Buffer.from('a secret'))
      expect(message.length).toBe(8 + 81)
      expect(openFrom(recipient, binding, message).toString()).toBe('a secret')
    }
  })

  test('never seal twice alike', () => {
    const messages = Array.from({ length: 100 }, () =>
      sealTo(recipient.publicKey, binding, Buffer.of()).toString('hex', 0, 65),
    )
    expect(new Set(messages).size).toBe(100)
  })

  test('refuse every single changed bit, in the message and in what it is bound to', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      expect(() => openFrom(recipient, binding, flipBit(sealed, bit))).toThrow(refusal)
    }
    for (const name of ['info', 'aad'] as const) {
      for (let bit = 0; bit < binding[name].length * 8; bit += 1) {
        const other = { ...binding, [name]: flipBit(binding[name], bit) }
        expect(() => openFrom(recipient, other, sealed)).toThrow(refusal)
      }
    }
  })

  test('refuse another recipient, every shorter length, and added bytes', () => {
    const other = hpkeRecipient(hex('23'.repeat(32)))
    expect(() => openFrom(other, binding, sealed)).toThrow(refusal)
    const mixed = { publicKey: other.publicKey, agree: recipient.agree }
    expect(() => openFrom(mixed, binding, sealed)).toThrow(refusal)
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openFrom(recipient, binding, sealed.subarray(0, length))).toThrow(refusal)
    }
    const longer = Buffer.concat([sealed, Buffer.of(0)])
    expect(() => openFrom(recipient, binding, longer)).toThrow(refusal)
  })

  test('seal to points of the curve only', () => {
    for (const key of notPoints) expect(() => sealTo(key, binding, Buffer.of())).toThrow(RangeError)
    expect(notPoints.length).toBe(9)
  })

  test('ask nobody to agree on what is not an uncompressed point of the curve', () => {
    const asked: Buffer[] = []
    const watching = {
      publicKey: recipient.publicKey,
      agree: (enc: Buffer) => {
        asked.push(enc)
        return recipient.agree(enc)
      },
    }
    for (const point of [...notPoints, publicKeyOf('p256', privateKey)]) {
      const message = Buffer.concat([point, Buffer.alloc(200)])
      expect(() => openFrom(watching, binding, message)).toThrow(refusal)
    }
    expect(asked).toEqual([])
    openFrom(watching, binding, sealed)
    expect(asked.length).toBe(1)
  })

  test('let an error of the device through', () => {
    const agree = () => {
      throw new Error('the token is gone')
    }
    expect(() => openFrom({ ...recipient, agree }, binding, sealed)).toThrow('the token is gone')
  })

  test('take private keys of the curve only, and no short key material', () => {
    for (const key of ['00'.repeat(32), 'ff'.repeat(32), '11'.repeat(31)]) {
      expect(() => hpkeRecipient(hex(key))).toThrow(RangeError)
    }
    expect(() => deriveHpkeKey(hex('11'.repeat(31)))).toThrow(RangeError)
  })
})

const refusal = 'authentication failed'
const point = hpkeRecipient(hex('22'.repeat(32))).publicKey
// The last two are a point of the twist and one of secp256k1.
const notPoints = [
  '',
  '00',
  '04',
  '00'.repeat(65),
  `04${'00'.repeat(64)}`,
  Buffer.from(point).toString('hex').replace(/^04/, '06'),
  Buffer.from(point).toString('hex').slice(0, -2),
  `${Buffer.from(point).toString('hex', 0, 64)}00`,
  '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
].map(hex)

function flipBit(value: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(value)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
