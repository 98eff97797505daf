// The parts of a ceremony by themselves: CBOR, public keys, authenticator data and origins.
import { sha256 } from '@keystead/crypto/node'
import { describe, expect, test } from 'vitest'
import { attestedData, cbor, makePasskey } from '../../../../../tests/support/webauthn.ts'
import type { Snapshot } from '../organization/model.ts'
import { parseAuthenticatorData } from './authenticatorData.ts'
import { decodeCbor } from './cbor.ts'
import { parseCoseKey } from './coseKey.ts'
import { allowedOrigins, fitsOrigin, isAllowedOrigin } from './origins.ts'

const fromHex = (text: string) => Buffer.from(text, 'hex')

describe('CBOR', () => {
  test.each<[string, unknown]>([
    ['17', 23],
    ['1903e8', 1000],
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['3903e7', -1000],
    ['4401020304', Buffer.of(1, 2, 3, 4)],
    ['62c3bc', 'ü'.normalize()],
    ['83010203', [1, 2, 3]],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    ['f4', false],
    ['f5', true],
    ['f6', null],
  ])('%s is read', (text, value) => {
    expect(decodeCbor(fromHex(text))).toEqual(value)
  })

  test.each([
    ['', 'CBOR is truncated'],
    ['19', 'CBOR is truncated'],
    ['4401', 'CBOR is truncated'],
    ['5affffffff00', 'CBOR is truncated'],
    ['8201', 'CBOR is truncated'],
    ['9bffffffffffffffff', 'a CBOR integer is too large'],
    ['1b0020000000000000', 'a CBOR integer is too large'],
    ['5f4101ff', 'CBOR of indefinite or reserved length'],
    ['a201020103', 'a CBOR key is repeated'],
    ['a1410102', 'a CBOR key is odd'],
    ['c001', 'CBOR of a kind that is not used here'],
    ['f93c00', 'CBOR of a kind that is not used here'],
    ['f7', 'CBOR of a kind that is not used here'],
    ['0101', 'bytes follow the CBOR item'],
    ['81'.repeat(9), 'CBOR is nested too deeply'],
    ['81'.repeat(20_000), 'CBOR is nested too deeply'],
  ])('%.40s is refused', (text, reason) => {
    expect(() => decodeCbor(fromHex(text))).toThrow(reason)
  })
})

describe('a public key', () => {
  const members = (algorithm: 'ES256' | 'RS256' | 'EdDSA') =>
    new Map(decodeCbor(makePasskey(algorithm).publicKey) as Map<number, number | Buffer>)
  const parse = (changed: Map<number, number | Buffer>) => () => parseCoseKey(cbor(changed))

  test.each<['ES256' | 'RS256' | 'EdDSA', number, number | Buffer, string]>([
    ['ES256', 3, -35, 'public key algorithm -35'],
    ['ES256', 3, -47, 'public key algorithm -47'],
    ['ES256', -1, 2, 'ES256 needs P-256'],
    ['ES256', -2, Buffer.alloc(32), 'the public key is not a point'],
    ['ES256', -2, Buffer.alloc(33, 1), 'a coordinate is not 32 bytes'],
    ['ES256', -4, 1, 'the public key has other members'],
    ['EdDSA', -1, 7, 'EdDSA needs Ed25519'],
    ['EdDSA', -2, Buffer.alloc(32), 'the public key is not a point'],
    ['RS256', 1, 2, 'RS256 needs an RSA key'],
    ['RS256', -1, Buffer.alloc(128, 0xff), 'RSA modulus size'],
    ['RS256', -1, Buffer.alloc(1024, 0xff), 'RSA modulus size'],
    ['RS256', -1, Buffer.alloc(256), 'RSA modulus size'],
    ['RS256', -2, Buffer.of(1), 'RSA exponent'],
    ['RS256', -2, Buffer.of(1, 0, 0), 'RSA exponent'],
    ['RS256', -2, Buffer.alloc(5, 1), 'RSA exponent size'],
  ])('for %s with %i as %s is refused', (...[algorithm, label, value, reason]) => {
    expect(parse(members(algorithm).set(label, value))).toThrow(reason)
  })

  test('as made is accepted', () => {
    for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
      expect(parse(members(algorithm))).not.toThrow()
    }
  })
})

describe('authenticator data', () => {
  const passkey = makePasskey()

  test('may bring extensions, and nothing after them', () => {
    const extended = (bytes: string) => Buffer.concat([attestedData(passkey, 0xc1), fromHex(bytes)])
    expect(parseAuthenticatorData(extended('a1636f6e65f5')).userPresent).toBe(true)
    expect(() => parseAuthenticatorData(extended(''))).toThrow('CBOR is truncated')
    expect(() => parseAuthenticatorData(extended('01'))).toThrow('the extensions is not a map')
    expect(() => parseAuthenticatorData(extended('a000'))).toThrow('bytes follow')
  })

  test.each([
    [0, 'credential id length'],
    [1024, 'credential id length'],
  ])('with a credential id of %i bytes is refused', (length, reason) => {
    const credentialId = Buffer.alloc(length)
    expect(() => parseAuthenticatorData(attestedData({ ...passkey, credentialId }))).toThrow(reason)
  })

  test('cut short is refused', () => {
    const whole = attestedData(passkey)
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => parseAuthenticatorData(whole.subarray(0, length))).toThrow(/truncated/)
    }
  })
})

describe('origins', () => {
  const organization = (value?: string | null) =>
    ({
      features: new Map(value === undefined ? [] : [['WEBAUTHN_ORIGINS', value]]),
    }) as unknown as Snapshot
  const at = (origin: string, topOrigin: string | null = null) => ({
    type: 'webauthn.get',
    challenge: '',
    origin,
    topOrigin,
  })

  test('are any until they are named; below a parent that names some, those', () => {
    expect(allowedOrigins(organization(), null)).toBe(null)
    expect(allowedOrigins(organization(null), null)).toBe(null)
    const named = organization('https://a.example, https://b.example')
    const both = ['https://a.example', 'https://b.example']
    expect(allowedOrigins(named, null)).toEqual(both)
    expect(allowedOrigins(organization('https://c.example'), named)).toEqual(both)
    expect(allowedOrigins(named, organization())).toEqual(both)
    expect(allowedOrigins(organization(), organization())).toBe(null)
  })

  test('are compared as they are, also those of a page around a frame', () => {
    const allowed = ['https://a.example', 'https://b.example']
    expect(isAllowedOrigin(at('https://a.example'), allowed)).toBe(true)
    expect(isAllowedOrigin(at('https://a.example', 'https://b.example'), allowed)).toBe(true)
    expect(isAllowedOrigin(at('https://a.example', 'https://c.example'), allowed)).toBe(false)
    expect(isAllowedOrigin(at('https://c.example'), allowed)).toBe(false)
    expect(isAllowedOrigin(at('https://a.example.evil'), allowed)).toBe(false)
    expect(isAllowedOrigin(at('anything', 'anything'), null)).toBe(true)
  })

  test.each([
    ['https://a.b.example.org', 'a.b.example.org', true],
    ['https://a.b.example.org:8443', 'b.example.org', true],
    ['https://a.b.example.org', 'example.org', true],
    ['https://a.b.example.org', 'org', false],
    ['https://example.org', 'a.example.org', false],
    ['https://badexample.org', 'example.org', false],
    ['http://localhost:3000', 'localhost', true],
    ['android:apk-key-hash:AAAA', 'example.org', true],
    ['ios:bundle-id:org.example', 'example.org', true],
  ])('%s fits the RP id %s: %s', (origin, rpId, fits) => {
    expect(fitsOrigin(sha256(Buffer.from(rpId)), origin)).toBe(fits)
  })
})
