// Attestation statements that are spoilt in one place each, and why each is refused.
import { describe, expect, test } from 'vitest'
import { cbor } from '../../../../../../tests/support/webauthn.ts'
import {
  ANYWHERE,
  flipped,
  hex,
  refusal,
  registrationOf,
  vectors,
} from '../../../../test/support/passkeyVectors.ts'
import { asBytes, asMap, type CborValue, decodeCbor } from '../cbor.ts'
import { ensureDescription } from './androidKey.ts'
import { ensureAaguid, parseChain } from './certificate.ts'
import { readDer } from './der.ts'

type Statement = Map<number | string, CborValue>

function vectorOf(name: string) {
  const vector = vectors.find((candidate) => candidate.name === name)
  if (vector === undefined) throw new Error(`there is a vector ${name}`)
  return vector
}

const statementOf = (name: string): Statement => {
  const { attestationObject } = registrationOf(vectorOf(name))
  return new Map(asMap(asMap(decodeCbor(attestationObject), 'object').get('attStmt'), 'attStmt'))
}

/** Why a vector is refused after `change` to its statement. */
function spoilt(name: string, change: (statement: Statement) => void): string {
  const made = registrationOf(vectorOf(name))
  const object = new Map(asMap(decodeCbor(made.attestationObject), 'object'))
  const statement = statementOf(name)
  change(statement)
  object.set('attStmt', statement)
  return refusal({ ...made, attestationObject: cbor(object as never) })
}

/** Flips a bit of a member; from the end where `at` is negative. */
const flip = (member: string, at: number) => (statement: Statement) => {
  const bytes = asBytes(statement.get(member), member)
  statement.set(member, flipped(bytes, at < 0 ? bytes.length + at : at))
}
const set = (member: string, value: CborValue) => (statement: Statement) =>
  void statement.set(member, value)
const drop = (member: string) => (statement: Statement) => void statement.delete(member)

const x5cOf = (name: string) => statementOf(name).get('x5c') as Buffer[]
const authority = hex(vectorOf('packed-es256').attestation_ca_cert ?? '')
const UNSIGNED = 'the statement is not signed by its key'

test.each(['packed-es256', 'tpm-es256', 'apple-es256', 'android-key-es256'])(
  '%s is accepted with its issuer, and as it is when encoded again',
  (name) => {
    expect(spoilt(name, () => undefined)).toBe('accepted')
    expect(spoilt(name, set('x5c', [...x5cOf(name), authority]))).toBe('accepted')
  },
)

test.each<[string, (statement: Statement) => void, string]>([
  ['none-es256', set('sig', Buffer.of(1)), 'a statement of format none says something'],
  ['packed-self-es256', flip('sig', -1), UNSIGNED],
  ['packed-self-es256', set('alg', -257), 'the statement is of another algorithm than the key'],
  ['packed-self-es256', drop('sig'), 'sig is not bytes'],
  ['packed-es256', flip('sig', -1), UNSIGNED],
  ['packed-es256', set('alg', -35), UNSIGNED],
  ['packed-es256', set('alg', -257), 'the key is not one of the algorithm'],
  ['packed-es256', set('alg', -1), 'the algorithm of the statement is not known'],
  ['packed-es256', drop('alg'), 'the algorithm of the statement is not known'],
  ['packed-es256', set('x5c', []), 'there are no certificates'],
  ['packed-es256', set('x5c', 'text'), 'there are no certificates'],
  ['packed-es256', set('x5c', x5cOf('apple-es256')), UNSIGNED],
  ['packed-es256', set('x5c', x5cOf('tpm-es256')), 'the certificate names no country'],
  ['packed-es256', set('x5c', [authority]), 'the certificate is not for attestation'],
  ['packed-rs256', flip('sig', -1), UNSIGNED],
  ['packed-eddsa', flip('sig', -1), UNSIGNED],
  ['fido-u2f-es256', flip('sig', -1), UNSIGNED],
  [
    'fido-u2f-es256',
    set('x5c', [...x5cOf('fido-u2f-es256'), authority]),
    'there is not one certificate',
  ],
  ['fido-u2f-es256', set('x5c', x5cOf('packed-es256')), UNSIGNED],
  ['apple-es256', set('x5c', x5cOf('packed-es256')), 'the certificate is of another registration'],
  ['apple-es256', drop('x5c'), 'there are no certificates'],
  ['android-key-es256', flip('sig', -1), UNSIGNED],
  ['android-key-es256', set('x5c', x5cOf('packed-es256')), 'the certificate is of another key'],
  ['tpm-es256', flip('sig', -1), UNSIGNED],
  ['tpm-es256', set('ver', '1.2'), 'the TPM is not of version 2.0'],
  ['tpm-es256', flip('pubArea', 0), 'the key of the TPM is of another kind'],
  ['tpm-es256', flip('pubArea', 3), 'the TPM names keys by an unknown hash'],
  ['tpm-es256', flip('pubArea', 4), 'the TPM certifies another public area'],
  ['tpm-es256', flip('pubArea', -1), 'the TPM certifies another key'],
  ['tpm-es256', flip('certInfo', 0), 'certInfo was not made by a TPM'],
  ['tpm-es256', flip('certInfo', 5), 'certInfo certifies something else'],
  ['tpm-es256', set('alg', -35), 'the TPM certifies another registration'],
  ['tpm-es256', set('alg', -8), 'the algorithm of the statement has no hash'],
  ['tpm-es256', set('certInfo', Buffer.alloc(0)), 'a TPM structure is truncated'],
  ['tpm-es256', set('x5c', x5cOf('packed-es256')), 'the certificate has a subject'],
])('%s is refused once it is changed', (name, change, reason) => {
  expect(spoilt(name, change)).toBe(reason)
})

describe('a chain of certificates', () => {
  const chain = [...x5cOf('packed-es256'), authority]
  const { nowMs } = ANYWHERE

  test.each<[string, CborValue, number, string]>([
    ['is not valid yet', chain, Date.UTC(2023, 0, 1), 'a certificate is not valid yet'],
    ['has expired', chain, Date.UTC(3025, 0, 1), 'a certificate has expired'],
    ['is in another order', chain.toReversed(), nowMs, 'a certificate was not issued by the next'],
    [
      'ends in what is no authority',
      [...x5cOf('packed-es256'), ...x5cOf('apple-es256')],
      nowMs,
      'a certificate was not issued by the next',
    ],
    ['is too long', Array<Buffer>(9).fill(authority), nowMs, 'there are too many certificates'],
  ])('that %s is refused', (...[, x5c, atMs, reason]) => {
    expect(() => parseChain(x5c, atMs)).toThrow(reason)
  })

  test('of which one was changed is refused', () => {
    const [leaf, issuer] = chain as [Buffer, Buffer]
    const inSubject = leaf.indexOf('WebAuthn test vectors', leaf.lastIndexOf('W3C') - 60)
    expect(() => parseChain([flipped(leaf, inSubject), issuer], nowMs)).toThrow(
      'a certificate was not signed by the next',
    )
  })

  test('that names an AAGUID is refused for any other', () => {
    const aaguid = hex(vectorOf('packed-es256').registration.aaguid)
    // None of the vectors has this extension: 1.3.6.1.4.1.45724.1.1.4.
    const named = Buffer.concat([Buffer.of(0x04, 16), aaguid])
    const extensions = new Map([['2b0601040182e51c010104', named]])
    const certificate = { ...parseChain(chain, nowMs), extensions }
    expect(() => ensureAaguid(certificate, aaguid)).not.toThrow()
    expect(() => ensureAaguid(certificate, flipped(aaguid, 0))).toThrow(
      'the certificate names another AAGUID',
    )
  })
})

describe('the description of an Android key', () => {
  const der = (tag: string, ...content: Buffer[]) => {
    const bytes = Buffer.concat(content)
    return Buffer.concat([Buffer.from(tag, 'hex'), Buffer.of(bytes.length), bytes])
  }
  const integer = (value: number) => der('02', Buffer.of(value))
  const challenge = Buffer.alloc(32, 7)
  const description = (...authorizations: Buffer[]) =>
    der(
      '30',
      integer(3),
      der('0a', Buffer.of(1)),
      integer(4),
      der('0a', Buffer.of(1)),
      der('04', challenge),
      der('04'),
      der('30', ...authorizations),
      der('30'),
    )
  const purpose = (value: number) => der('a1', der('31', integer(value)))
  const origin = (value: number) => der('bf853e', integer(value))

  test('of a key that was generated there for signing is accepted', () => {
    expect(() => ensureDescription(description(purpose(2), origin(0)), challenge)).not.toThrow()
  })

  test.each([
    ['for all applications', [der('bf8458', Buffer.of(5, 0))], 'the key is for all applications'],
    ['for encrypting', [purpose(0)], 'the key is not only for signing'],
    ['that was imported', [origin(2)], 'the key was not generated there'],
  ])('of a key %s is refused', (_what, authorizations, reason) => {
    expect(() => ensureDescription(description(...authorizations), challenge)).toThrow(reason)
  })

  test('for another challenge, or cut short, is refused', () => {
    expect(() => ensureDescription(description(), Buffer.alloc(32))).toThrow(
      'the certificate has another challenge',
    )
    const whole = description(purpose(2), origin(0))
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => ensureDescription(whole.subarray(0, length), challenge)).toThrow(/./)
    }
  })
})

test('DER with lengths and tags that do not end is refused', () => {
  for (const bytes of ['30', '3080', '3084', '30840000', '1f', '1fffffff', '0401', 'bf8458']) {
    expect(() => readDer(Buffer.from(bytes, 'hex'))).toThrow(/^DER /)
  }
})
