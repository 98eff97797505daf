// Stamps of the published clients: the same key and body under every scheme, and what spoils them.
import { parsePublicKey } from '@keystead/crypto/node'
import { describe, expect, test } from 'vitest'
import { parseStamp, verifyStamp } from './stamp.ts'

const BODY = Buffer.from('{"organizationId":"00000000-0000-4000-8000-000000000001"}')
const SECP256K1 = '034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa'

/** Made by the clients with the private key 0x11…11: scheme, curve, public key, signature. */
const STAMPS = [
  [
    'SIGNATURE_SCHEME_TK_API_P256',
    'p256',
    '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed',
    '304502201b9ce3773021f5d064b740fbf08a31dd4f987b14087bea38cfb5e756b11f9582022100ed5a8aa573b6b88bc943c11c4d44af3272f3680790b3cc62e31516bd4fe63716',
  ],
  [
    'SIGNATURE_SCHEME_TK_API_SECP256K1',
    'secp256k1',
    SECP256K1,
    '3045022100804807d97a11cbe593d5c305851b904247b63351a75a3cf1ae73ab30f0a54fce02206251532ae93e3aef276ffd727528a9e3980c4028c6b4b9d31fa40ac2b3bf9b6d',
  ],
  [
    'SIGNATURE_SCHEME_TK_API_SECP256K1_EIP191',
    'secp256k1',
    SECP256K1,
    '30450221009665b3e6918fbfe3f4949e8ed7ee2284eb6690696dbea3e14c5fec2b3a7624580220699ea50a5e902e584167df07e755f465783d0d3e9f0ef8d83cdd1919d9c4c7e5',
  ],
  [
    'SIGNATURE_SCHEME_TK_API_ED25519',
    'ed25519',
    'd04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737',
    '84d824803632f3d42c771668fcfb23ab36e0862c37d206f5d64c2c780e907f186eb447b0aec55058196c4119153a50bfbdcd299e2574a3dbef62ce33ad55ba0c',
  ],
] as const

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe.each(STAMPS)('%s', (...row) => {
  const [scheme, curve, publicKey, signature] = row
  const key = parsePublicKey(curve, Buffer.from(publicKey, 'hex'))
  if (key === undefined) throw new Error(`${publicKey} is a public key`)

  test('of the clients verifies, whatever the case of its hexadecimal', () => {
    const upper = { signature: signature.toUpperCase(), publicKey: publicKey.toUpperCase(), scheme }
    for (const value of [{ publicKey, scheme, signature }, upper]) {
      const stamp = parseStamp(encode(value))
      expect(stamp.publicKey).toBe(publicKey)
      expect(verifyStamp(stamp, key, BODY)).toBe(true)
    }
  })

  test('verifies for no other body, signature or scheme', () => {
    const stamp = parseStamp(encode({ publicKey, scheme, signature }))
    expect(verifyStamp(stamp, key, Buffer.concat([BODY, Buffer.from(' ')]))).toBe(false)
    for (let n = 0; n < signature.length; n += 2) {
      const byte = (Number.parseInt(signature.slice(n, n + 2), 16) ^ 1)
        .toString(16)
        .padStart(2, '0')
      const spoilt = signature.slice(0, n) + byte + signature.slice(n + 2)
      expect(verifyStamp({ ...stamp, signature: spoilt }, key, BODY)).toBe(false)
    }
    for (const [other] of STAMPS.filter(([name]) => name !== scheme)) {
      expect(verifyStamp({ ...stamp, scheme: other }, key, BODY)).toBe(false)
    }
  })
})
