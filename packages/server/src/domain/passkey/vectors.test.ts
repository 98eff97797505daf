// The test vectors of Web Authentication Level 3: each registered, used, and refused when spoilt.
import { describe, expect, test } from 'vitest'
import {
  accepted,
  ANYWHERE,
  flipped,
  hex,
  REFUSED,
  refusal,
  register,
  registrationOf,
  vectors,
} from '../../../test/support/passkeyVectors.ts'
import { AppError } from '../../errors.ts'
import { verifyAssertion } from './assertion.ts'
import { asBytes, asMap, decodeCbor } from './cbor.ts'
import { parseCoseKey } from './coseKey.ts'

test('every format and algorithm of the specification is there', () => {
  expect(vectors.length).toBe(15)
  expect(accepted.length).toBe(12)
  const formats = new Set(
    accepted.map((vector) => register(registrationOf(vector)).attestationFormat),
  )
  expect([...formats].sort()).toEqual(['android-key', 'apple', 'fido-u2f', 'none', 'packed', 'tpm'])
})

test.each(vectors.filter(({ name }) => name in REFUSED))('$name is refused', (vector) => {
  expect(refusal(registrationOf(vector))).toBe(REFUSED[vector.name])
})

describe.each(accepted)('$title', (vector) => {
  const made = registrationOf(vector)

  test('registers', () => {
    const passkey = register(made)
    expect(passkey.credentialId).toEqual(made.credentialId)
    expect(passkey.aaguid.replaceAll('-', '')).toBe(vector.registration.aaguid)
    const allowed = ['https://example.org', 'https://example.com']
    expect(refusal(made, { ...ANYWHERE, origins: allowed })).toBe('accepted')
  })

  test('is refused at another origin, for another challenge, type or credential id', () => {
    const origins = ['https://example.net']
    expect(refusal(made, { ...ANYWHERE, origins })).toBe('the origin is not allowed')
    expect(refusal({ ...made, challenge: 'AAAA' })).toBe('client data has another challenge')
    const client = made.clientDataJson.toString('utf8')
    const changed = (from: string, to: string) =>
      refusal({ ...made, clientDataJson: Buffer.from(client.replace(from, to)) })
    expect(changed('webauthn.create', 'webauthn.get')).toBe('client data is of another type')
    expect(changed('https://example.org', 'https://example.net')).toBe(
      'the RP id does not fit the origin',
    )
    expect(refusal({ ...made, credentialId: flipped(made.credentialId, 0) })).toBe(
      'the credential id is another',
    )
  })

  test('is refused when cut short or followed by anything', () => {
    const { attestationObject } = made
    for (let length = 0; length < attestationObject.length; length += 1) {
      const cut = { ...made, attestationObject: attestationObject.subarray(0, length) }
      expect(() => register(cut)).toThrow(AppError)
    }
    const longer = Buffer.concat([attestationObject, Buffer.of(0)])
    expect(refusal({ ...made, attestationObject: longer })).toBe('bytes follow the CBOR item')
  })

  test('is refused when any byte of its authenticator data is changed, if these are signed', () => {
    const { attestationObject } = made
    // `refusal` throws what is no refusal.
    const fates = Array.from(attestationObject, (_, at) =>
      refusal({ ...made, attestationObject: flipped(attestationObject, at) }),
    )
    expect(fates).toHaveLength(attestationObject.length)
    const data = asBytes(asMap(decodeCbor(attestationObject), 'object').get('authData'), 'authData')
    const from = attestationObject.indexOf(data)
    const ofData = fates.slice(from, from + data.length)
    const isSigned = !/^(none|fido-u2f)-/.test(vector.name)
    expect(ofData.includes('accepted')).toBe(!isSigned)
  })

  describe('asserts', () => {
    const { authentication } = vector
    const passkey = register(made)
    const known = { rpIdHash: passkey.rpIdHash, verifyKey: parseCoseKey(passkey.publicKey) }
    const assertion = {
      credentialId: passkey.credentialId.toString('base64url'),
      authenticatorData: hex(authentication.authenticatorData),
      clientDataJson: hex(authentication.clientDataJSON),
      signature: hex(authentication.signature),
    }
    const expected = { challenge: hex(authentication.challenge), origins: null }

    test('its challenge', () => {
      expect(verifyAssertion(assertion, known, expected)).toBe(true)
      const origins = ['https://example.org', 'https://example.com']
      expect(verifyAssertion(assertion, known, { ...expected, origins })).toBe(true)
    })

    test('nothing else', () => {
      const challenge = flipped(expected.challenge, 0)
      const origins = ['https://example.net']
      expect(verifyAssertion(assertion, known, { ...expected, challenge })).toBe(false)
      expect(verifyAssertion(assertion, known, { ...expected, origins })).toBe(false)
      const rpIdHash = flipped(known.rpIdHash, 0)
      expect(verifyAssertion(assertion, { ...known, rpIdHash }, expected)).toBe(false)
      for (const member of ['authenticatorData', 'clientDataJson', 'signature'] as const) {
        for (let at = 0; at < assertion[member].length; at += 1) {
          const spoilt = { ...assertion, [member]: flipped(assertion[member], at) }
          expect(verifyAssertion(spoilt, known, expected)).toBe(false)
          const cut = { ...assertion, [member]: assertion[member].subarray(0, at) }
          expect(verifyAssertion(cut, known, expected)).toBe(false)
        }
        const longer = Buffer.concat([assertion[member], Buffer.of(0)])
        expect(verifyAssertion({ ...assertion, [member]: longer }, known, expected)).toBe(false)
      }
    })
  })
})
