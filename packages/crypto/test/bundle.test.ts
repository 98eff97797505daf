// Bundles, byte for byte as published clients make and read them.
import {
  decryptCredentialBundle,
  decryptExportBundle,
  encryptWalletToBundle,
} from '@turnkey/crypto'
import { describe, expect, test } from 'vitest'
import { sealMessageWith } from '../src/node/bundle.ts'
import {
  encodeCredentialBundle,
  encodeSealedMessage,
  hpkeRecipient,
  openMessage,
  parseSealedMessage,
  sealMessage,
  signBundle,
  verifyBundle,
} from '../src/node/index.ts'
import { hex, present } from './vectors.ts'

const key = (byte: string) => hex(byte.repeat(32))
const recipient = hpkeRecipient(key('22'))
const signerKey = key('55')
const signerPublic =
  '0457e977f6db7e33c3fe7acf2842ed987009caf56d458682fca447b7d3d762ab34c5ab3770ba573bdff5414065640ffb5b346dfa84dec4db4d68e5f59cc471c2ec'
const organizationId = '00000000-0000-4000-8000-000000000001'
const userId = '00000000-0000-4000-8000-000000000002'
const mnemonic = `${'test '.repeat(11)}junk`

describe('a credential bundle', () => {
  const sealed = sealMessageWith(key('33'), recipient.publicKey, key('44'))
  const bundle = encodeCredentialBundle(sealed)

  test('is the documented example', () => {
    expect(bundle).toBe(
      '23axChxKMNuoHV1Lry28UNznZSScSkJyJYcx3XMxM4NKzFfNVvnLyzzpD5Sxhngv5FYd2qi9G5Z4hpJykZyZ8yrrKFjhvyebAX6UcHCKRZocpfrdtvpq',
    )
    expect(sealed.ciphertext.toString('hex')).toBe(
      '74bc3909ebd1bcb4ab581ecb1dcf39b4f97e6e3a41de9354c613cfe000564b04bd7c042d5a058985a83cae6197336099',
    )
  })

  test('is opened by the published client', () => {
    expect(decryptCredentialBundle(bundle, '22'.repeat(32))).toBe('44'.repeat(32))
  })

  test('is made of a point of the curve only', () => {
    const enc = Buffer.alloc(65)
    expect(() => encodeCredentialBundle({ enc, ciphertext: enc })).toThrow(RangeError)
  })
})

describe('an export bundle', () => {
  const { enc, ciphertext } = sealMessageWith(key('33'), recipient.publicKey, Buffer.from(mnemonic))
  const data = {
    encappedPublic: enc.toString('hex'),
    ciphertext: ciphertext.toString('hex'),
    organizationId,
  }
  const bundle = signBundle(signerKey, data)

  test('has the documented ciphertext, members and encodings', () => {
    expect(data.encappedPublic).toMatch(/^0451a758[0-9a-f]{122}$/)
    expect(data.ciphertext).toBe(
      '449d0e398fe19d839b3c2eea2aff5d84d8495e5e71ffa464a223eed730327b25641485468a36065693f500652715c7f3dc56e99615f617db63c07dc53f400bb9d66083b83c839d6b73eb3e',
    )
    const envelope = JSON.parse(bundle) as Record<string, string>
    expect(Object.keys(envelope)).toEqual([
      'version',
      'data',
      'dataSignature',
      'enclaveQuorumPublic',
    ])
    expect(envelope['version']).toBe('v1.0.0')
    expect(envelope['enclaveQuorumPublic']).toBe(signerPublic)
    expect(hex(present(envelope['data'])).toString()).toBe(JSON.stringify(data))
    expect(envelope['data']).toBe(present(envelope['data']).toLowerCase())
  })

  test('is opened by the published client, and only for its organization and signer', async () => {
    const params = {
      exportBundle: bundle,
      embeddedKey: '22'.repeat(32),
      organizationId,
      returnMnemonic: true,
      dangerouslyOverrideSignerPublicKey: signerPublic,
    }
    expect(await decryptExportBundle(params)).toBe(mnemonic)
    const elsewhere = { ...params, organizationId: userId }
    await expect(decryptExportBundle(elsewhere)).rejects.toThrow('organization id does not match')
    const other = Buffer.from(hpkeRecipient(key('56')).publicKey).toString('hex')
    const distrusting = { ...params, dangerouslyOverrideSignerPublicKey: other }
    await expect(decryptExportBundle(distrusting)).rejects.toThrow('does not match signer key')
  })

  // The clients of other languages read DER themselves, strictly.
  test('is signed in short DER with integers of at most 33 bytes', () => {
    const lengths = new Set<number>()
    for (let n = 0; n < 64; n += 1) {
      const envelope = JSON.parse(signBundle(signerKey, { n: String(n) })) as Record<string, string>
      const der = hex(present(envelope['dataSignature']))
      const r = der.readUInt8(3)
      expect([der[0], der[2], der[4 + r]]).toEqual([0x30, 0x02, 0x02])
      expect(der[1]).toBe(der.length - 2)
      expect(der.length).toBeLessThan(0x80)
      expect(r).toBeLessThanOrEqual(33)
      expect(der.readUInt8(5 + r)).toBeLessThanOrEqual(33)
      lengths.add(r)
    }
    expect(lengths).toContain(33)
    expect(lengths).toContain(32)
  })

  test('is verified with the key of its signer, and nothing of it can be changed', () => {
    expect(verifyBundle(hex(signerPublic), bundle)).toEqual(data)
    expect(verifyBundle(recipient.publicKey, bundle)).toBeUndefined()
    expect(verifyBundle(Buffer.alloc(65), bundle)).toBeUndefined()
    const envelope = JSON.parse(bundle) as Record<string, string>
    for (const name of ['data', 'dataSignature']) {
      const value = present(envelope[name])
      for (let at = 0; at < value.length; at += 1) {
        const digit = value[at] === '0' ? '1' : '0'
        const changed = { ...envelope, [name]: value.slice(0, at) + digit + value.slice(at + 1) }
        expect(verifyBundle(hex(signerPublic), JSON.stringify(changed))).toBeUndefined()
      }
    }
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '{"data":"00","dataSignature":1}',
      bundle.slice(1),
    ]) {
      expect(verifyBundle(hex(signerPublic), text)).toBeUndefined()
    }
  })
})

describe('an import bundle', () => {
  const targetPublic = Buffer.from(recipient.publicKey).toString('hex')
  const bundle = signBundle(signerKey, { targetPublic, organizationId, userId })
  const params = {
    mnemonic,
    importBundle: bundle,
    organizationId,
    userId,
    dangerouslyOverrideSignerPublicKey: signerPublic,
  }

  test('is what the published client encrypts to, and we decrypt', async () => {
    const message = present(parseSealedMessage(await encryptWalletToBundle(params)))
    expect(openMessage(recipient, message).toString()).toBe(mnemonic)
  })

  test('is for its user only', async () => {
    const other = { ...params, userId: organizationId }
    await expect(encryptWalletToBundle(other)).rejects.toThrow('user id does not match')
  })

  test('is not answered with anything but an encrypted message', () => {
    const message = sealMessage(recipient.publicKey, Buffer.from(mnemonic))
    const text = encodeSealedMessage(message)
    expect(parseSealedMessage(text)).toEqual(message)
    const { encappedPublic, ciphertext } = JSON.parse(text) as Record<string, string>
    const bad = [
      {},
      { encappedPublic },
      { ciphertext },
      { encappedPublic: 1, ciphertext },
      { encappedPublic: present(encappedPublic).slice(2), ciphertext },
      { encappedPublic: `0x${encappedPublic}`, ciphertext },
      { encappedPublic: `04${'00'.repeat(64)}`, ciphertext },
      { encappedPublic, ciphertext: '00'.repeat(15) },
      { encappedPublic, ciphertext: 'zz' },
    ]
    for (const value of bad) expect(parseSealedMessage(JSON.stringify(value))).toBeUndefined()
    for (const value of ['', '[]', 'null', '"x"', text.slice(1)]) {
      expect(parseSealedMessage(value)).toBeUndefined()
    }
  })
})
