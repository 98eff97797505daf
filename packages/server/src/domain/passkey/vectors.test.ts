// The test vectors of Web Authentication Level 3: each registered, used, and refused when spoilt.
import { decodeHex } from '@keystead/crypto/node'
import { describe, expect, test } from 'vitest'
import { loadVectors } from '../../../../crypto/test/vectors.ts'
import { AppError } from '../../errors.ts'
import { verifyAssertion } from './assertion.ts'
import { parseCoseKey } from './coseKey.ts'
import { type Registration, verifyRegistration } from './registration.ts'

interface Vector {
  name: string
  title: string
  registration: Record<
    'challenge' | 'aaguid' | 'credential_id' | 'clientDataJSON' | 'attestationObject',
    string
  >
  authentication: Record<'challenge' | 'authenticatorData' | 'clientDataJSON' | 'signature', string>
}

const vectors = loadVectors<Vector[]>('webauthn-level3.json')

/** Algorithms that are not accepted, by what the refusal says. */
const REFUSED: Record<string, string> = {
  'packed-es384': 'public key algorithm -35',
  'packed-es512': 'public key algorithm -36',
  'packed-ed448': 'public key algorithm -53',
}

const accepted = vectors.filter(({ name }) => !(name in REFUSED))

function hex(text: string): Buffer {
  const bytes = decodeHex(text)
  if (bytes === undefined) throw new Error(`${text} is hexadecimal`)
  return bytes
}

const registrationOf = ({ registration, name }: Vector): Registration => ({
  name,
  challenge: hex(registration.challenge).toString('base64url'),
  credentialId: hex(registration.credential_id),
  clientDataJson: hex(registration.clientDataJSON),
  attestationObject: hex(registration.attestationObject),
  transports: [],
})

const ANYWHERE = { origins: null, nowMs: Date.UTC(2026, 0, 1) }
const register = (made: Registration) => verifyRegistration(made, ANYWHERE)

/** Why a registration is refused. */
function refusal(made: Registration, where: Parameters<typeof verifyRegistration>[1] = ANYWHERE) {
  try {
    verifyRegistration(made, where)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'INVALID_ATTESTATION') throw error
    return (error.cause as Error).message
  }
  return 'accepted'
}

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
  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
    return copy
  }

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

  test('never throws anything else, whichever byte is changed', () => {
    const { attestationObject } = made
    for (let at = 0; at < attestationObject.length; at += 1) {
      try {
        register({ ...made, attestationObject: flipped(attestationObject, at) })
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }
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
