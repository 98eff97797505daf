// Authenticator data (WebAuthn Level 3, section 6.1): what an authenticator says of a ceremony.
import { asMap, decodeCborAt } from './cbor.ts'
import { ensure } from './refusal.ts'

export interface AuthenticatorData {
  rpIdHash: Buffer
  userPresent: boolean
  /** The new credential; null in assertions. */
  attested: AttestedCredential | null
}

export interface AttestedCredential {
  aaguid: Buffer
  credentialId: Buffer
  /** COSE_Key. */
  publicKey: Buffer
}

const FLAG = { userPresent: 0x01, eligible: 0x08, backedUp: 0x10, attested: 0x40, extended: 0x80 }
const HEAD_BYTES = 37
const CREDENTIAL_ID_BYTES_MAX = 1023

/** @throws Refusal when the bytes are anything else, also when more follow */
export function parseAuthenticatorData(bytes: Buffer): AuthenticatorData {
  ensure(bytes.length >= HEAD_BYTES, 'authenticator data is truncated')
  const flags = bytes.readUInt8(32)
  const has = (flag: number) => (flags & flag) !== 0
  ensure(has(FLAG.eligible) || !has(FLAG.backedUp), 'backed up without being eligible')
  const credential = has(FLAG.attested) ? parseAttested(bytes) : null
  let end = credential?.end ?? HEAD_BYTES
  if (has(FLAG.extended)) {
    const extensions = decodeCborAt(bytes, end)
    asMap(extensions.value, 'the extensions')
    end = extensions.end
  }
  ensure(end === bytes.length, 'bytes follow the authenticator data')
  return {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: has(FLAG.userPresent),
    attested: credential?.attested ?? null,
  }
}

function parseAttested(bytes: Buffer): { attested: AttestedCredential; end: number } {
  ensure(bytes.length >= HEAD_BYTES + 18, 'authenticator data is truncated')
  const idLength = bytes.readUInt16BE(HEAD_BYTES + 16)
  ensure(idLength > 0 && idLength <= CREDENTIAL_ID_BYTES_MAX, 'credential id length')
  const keyAt = HEAD_BYTES + 18 + idLength
  const { end } = decodeCborAt(bytes, keyAt)
  return {
    attested: {
      aaguid: bytes.subarray(HEAD_BYTES, HEAD_BYTES + 16),
      credentialId: bytes.subarray(HEAD_BYTES + 18, keyAt),
      publicKey: bytes.subarray(keyAt, end),
    },
    end,
  }
}
