// The certificates of attestation statements, checked against each other; no root is known.
import { type KeyObject, X509Certificate } from 'node:crypto'
import { asBytes, type CborValue } from '../cbor.ts'
import { ensure } from '../refusal.ts'
import { objectIdentifiersIn, readDer, readInside } from './der.ts'

/** The certificate of the key that signed a statement. */
export interface AttestationCertificate {
  publicKey: KeyObject
  /** `C`, `O`, `OU` and so on. */
  subject: ReadonlyMap<string, string>
  isAuthority: boolean
  /** As its number is written: 3 for version 3. */
  version: number
  /** By object identifier, in hexadecimal. */
  extensions: ReadonlyMap<string, Buffer>
}

const CHAIN_MAX = 8
const SEQUENCE = 0x30

/**
 * Reads `x5c`: each certificate must be valid now and issued by the next.
 * @throws Refusal, or what the platform throws for bytes that are no certificate
 */
export function parseChain(x5c: CborValue | undefined, nowMs: number): AttestationCertificate {
  ensure(Array.isArray(x5c), 'there are no certificates')
  ensure(x5c.length <= CHAIN_MAX, 'there are too many certificates')
  const chain = (x5c as CborValue[]).map(
    (item) => new X509Certificate(asBytes(item, 'a certificate')),
  )
  const [leaf] = chain
  ensure(leaf !== undefined, 'there are no certificates')
  chain.forEach((certificate, n) => {
    const { validFromDate, validToDate } = certificate
    ensure(validFromDate.getTime() <= nowMs, 'a certificate is not valid yet')
    ensure(validToDate.getTime() >= nowMs, 'a certificate has expired')
    const issuer = chain[n + 1]
    ensure(
      issuer === undefined || (issuer.ca && certificate.checkIssued(issuer)),
      'a certificate was not issued by the next',
    )
    ensure(
      issuer === undefined || certificate.verify(issuer.publicKey),
      'a certificate was not signed by the next',
    )
  })
  return { ...parseFields(leaf.raw), ...parseSubject(leaf) }
}

function parseSubject({ publicKey, subject, ca: isAuthority }: X509Certificate) {
  // The types leave out that a certificate may have no subject.
  const lines = ((subject as string | undefined) ?? '').split('\n').filter((line) => line !== '')
  const pairs = lines.map((line): [string, string] => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1)]
  })
  return { publicKey, subject: new Map(pairs), isAuthority }
}

const TAG = { version: 0xa0, extensions: 0xa3, objectIdentifier: 0x06, octetString: 0x04 }

/** What the platform does not show of a certificate. */
function parseFields(raw: Buffer): Pick<AttestationCertificate, 'version' | 'extensions'> {
  const [body] = readInside(raw, SEQUENCE)
  ensure(body?.tag === SEQUENCE, 'a certificate has no body')
  const fields = readDer(body.content)
  const versionField = fields.find(({ tag }) => tag === TAG.version)
  const version =
    versionField === undefined ? 0 : (readDer(versionField.content)[0]?.content[0] ?? 0)
  const extensionsField = fields.find(({ tag }) => tag === TAG.extensions)
  const items = extensionsField === undefined ? [] : readInside(extensionsField.content, SEQUENCE)
  const extensions = new Map<string, Buffer>()
  for (const { content } of items) {
    const members = readDer(content)
    const id = members.find(({ tag }) => tag === TAG.objectIdentifier)
    const value = members.find(({ tag }) => tag === TAG.octetString)
    ensure(id !== undefined && value !== undefined, 'a certificate has a bad extension')
    extensions.set(id.content.toString('hex'), value.content)
  }
  return { version: version + 1, extensions }
}

/** id-fido-gen-ce-aaguid, 1.3.6.1.4.1.45724.1.1.4 */
const AAGUID_EXTENSION = '2b0601040182e51c010104'

/** A certificate that names an AAGUID must name this one. @throws Refusal */
export function ensureAaguid({ extensions }: AttestationCertificate, aaguid: Buffer): void {
  const named = extensions.get(AAGUID_EXTENSION)
  if (named === undefined) return
  ensure(
    named.equals(Buffer.concat([Buffer.of(TAG.octetString, aaguid.length), aaguid])),
    'the certificate names another AAGUID',
  )
}

/** The object identifiers in an extension, in hexadecimal. @throws Refusal when there is none */
export function identifiersIn(certificate: AttestationCertificate, extension: string): string[] {
  const value = certificate.extensions.get(extension)
  ensure(value !== undefined, 'the certificate lacks an extension')
  return objectIdentifiersIn(value)
}
