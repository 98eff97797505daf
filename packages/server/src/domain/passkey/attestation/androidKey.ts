// Android key attestation (section 8.4): the certificate describes the new key.
import { asBytes } from '../cbor.ts'
import { ensure } from '../refusal.ts'
import { algorithmOf, ensureSigned } from './algorithm.ts'
import type { Attested } from './attested.ts'
import { parseChain } from './certificate.ts'
import { type DerElement, readDer, readInside } from './der.ts'

/** 1.3.6.1.4.1.11129.2.1.17 */
const KEY_DESCRIPTION_EXTENSION = '2b06010401d679020111'

const SEQUENCE = 0x30

/** Members of KeyDescription, by position. */
const MEMBER = { challenge: 4, softwareEnforced: 6, hardwareEnforced: 7 }

/** Tags of AuthorizationList: `[1] purpose`, `[600] allApplications`, `[702] origin`. */
const TAG = { purpose: 0xa1, allApplications: 0xbf8458, origin: 0xbf853e }

/** What `purpose` and `origin` must contain where they are given: SIGN in a set, and GENERATED. */
const ONLY = { purpose: '3103020102', origin: '020100' }

/** @throws Refusal */
export function verifyAndroidKey({ statement, key, nowMs, ...data }: Attested): void {
  const { publicKey, extensions } = parseChain(statement.get('x5c'), nowMs)
  ensure(publicKey.equals(key.publicKey), 'the certificate is of another key')
  const description = extensions.get(KEY_DESCRIPTION_EXTENSION)
  ensure(description !== undefined, 'the certificate does not describe the key')
  ensureDescription(description, data.clientDataHash)
  const message = Buffer.concat([data.authenticatorData, data.clientDataHash])
  const signature = asBytes(statement.get('sig'), 'sig')
  ensureSigned(algorithmOf(statement.get('alg')), publicKey, { message, signature })
}

/** KeyDescription must be of a key for this site alone, made for this challenge. @throws Refusal */
export function ensureDescription(description: Buffer, expectedChallenge: Buffer): void {
  const members = readInside(description, SEQUENCE)
  const challenge = members[MEMBER.challenge]?.content
  ensure(challenge?.equals(expectedChallenge) === true, 'the certificate has another challenge')
  for (const at of [MEMBER.softwareEnforced, MEMBER.hardwareEnforced]) {
    ensureAuthorizations(members[at])
  }
}

function ensureAuthorizations(list: DerElement | undefined): void {
  ensure(list?.tag === SEQUENCE, 'the certificate lacks authorizations')
  for (const { tag, content } of readDer(list.content)) {
    const value = content.toString('hex')
    ensure(tag !== TAG.allApplications, 'the key is for all applications')
    ensure(tag !== TAG.purpose || value === ONLY.purpose, 'the key is not only for signing')
    ensure(tag !== TAG.origin || value === ONLY.origin, 'the key was not generated there')
  }
}
