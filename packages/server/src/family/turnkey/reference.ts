// What the generated reference says about this family: its envelopes, its stamps, its errors.
import { sha256 } from '@keystead/crypto/node'
import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { FamilyReference } from '../../operation/family.ts'
import type { Operation } from '../../operation/operation.ts'
import { decimalText, uuid } from '../../operation/schemas.ts'
import { activityResult, exampleActivity } from './activityWire.ts'
import { FIELD_ERRORS } from './errors.ts'

const EXAMPLE_ORGANIZATION = exampleActivity.organizationId
const EXAMPLE_TIMESTAMP_MS = '1793000000000'

const envelope = {
  timestampMs: decimalText.describe('The time now, in milliseconds since 1970.'),
  organizationId: uuid.describe('The organization to act in.'),
}

const errorBody = z.object({
  code: z.int().describe('A gRPC status code.'),
  message: z.string(),
  details: z.array(z.record(z.string(), z.unknown())),
  turnkeyErrorCode: z.string().describe('May be empty.'),
})

const ALWAYS: readonly ErrorCode[] = [
  'BAD_REQUEST_BODY',
  'BODY_TOO_LARGE',
  'MALFORMED_ORGANIZATION_ID',
  'STAMP_UNREADABLE',
  'STAMP_MALFORMED',
  'WEBAUTHN_STAMP_UNREADABLE',
  'CREDENTIAL_ID_NOT_FOUND',
  'PUBLIC_KEY_NOT_FOUND',
  'PUBLIC_KEY_NOT_IN_ORGANIZATION',
  'PARENT_LOOKUP_FAILED',
  'AUTHENTICATION_FAILED',
  'SIGNATURE_INVALID',
  'ASSERTION_INVALID',
  'API_KEY_EXPIRED',
  'ORGANIZATION_NOT_FOUND',
  'UNAVAILABLE',
  'SEALED',
  'INTERNAL',
]

const SUBMITTED: readonly ErrorCode[] = [
  'ACTIVITY_TYPE_MISMATCH',
  'TIMESTAMP_OUTSIDE_WINDOW',
  'STAMP_MISSING',
  'NOT_AUTHORIZED',
  'OPERATIONS_DISABLED',
  'RATE_LIMITED',
  'PARENT_RATE_LIMITED',
]

const SIGNED: readonly ErrorCode[] = ['SIGNING_QUOTA_EXCEEDED', 'PARENT_SIGNING_QUOTA_EXCEEDED']

const FOUND: readonly ErrorCode[] = [
  'PUBLIC_KEY_AMBIGUOUS',
  'PUBLIC_KEY_NOT_BELOW',
  'ORGANIZATIONS_NOT_LOADED',
]

/** Paragraphs, set apart by empty lines. */
const prose = (text: string) =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())

const guide = [
  {
    title: 'First steps',
    text: prose(`
      In the folder of the server, \`npx keystead call whoami\` shows who you are. \`create_wallet\`
      makes a wallet and answers its addresses; \`sign_raw_payload\` signs with one of them. Every
      operation has a sample to paste.`),
  },
  {
    title: 'Requests',
    text: prose(`
      Every operation is a POST with a JSON body and one stamp. A query takes its fields directly
      and changes nothing. An activity takes its type, the time and its parameters: the root quorum
      and the policies decide on it, the log keeps it, and the same bytes never run twice.

      An activity that needs more approvals answers 200 with \`ACTIVITY_STATUS_CONSENSUS_NEEDED\` and
      an empty result. Others approve or reject it by its fingerprint: \`sha256:\` and the SHA-256 of
      the body in hexadecimal.

      Integers of 64 bits are decimal text. Members that are \`null\` count as absent. Unknown members
      of \`parameters\` are refused by name.`),
  },
  {
    title: 'Stamps',
    text: prose(`
      The header \`X-Stamp\` proves who calls. It is base64url, without padding, of the JSON object
      \`{"publicKey", "scheme", "signature"}\`: the API public key in hexadecimal, the name
      \`SIGNATURE_SCHEME_TK_API_P256\`, and in hexadecimal the DER signature, by ECDSA on P-256 with
      SHA-256, over the exact bytes of the body.

      Other schemes: \`SIGNATURE_SCHEME_TK_API_SECP256K1\`, \`SIGNATURE_SCHEME_TK_API_SECP256K1_EIP191\`
      and \`SIGNATURE_SCHEME_TK_API_ED25519\`. Official clients stamp by themselves: give them the base
      URL of this server. From a shell, \`npx keystead call\` stamps and sends.

      With a passkey, the header is \`X-Stamp-Webauthn\`: JSON with \`credentialId\`,
      \`authenticatorData\`, \`clientDataJson\` and \`signature\`, each base64url. The challenge that
      the passkey signs is the SHA-256 of the body in hexadecimal, as text.`),
  },
  {
    title: 'Errors',
    text: prose(`
      An error is JSON: a gRPC \`code\`, a \`message\`, \`details\` and \`turnkeyErrorCode\`. A bad
      field answers 400, and its details name the path and what is wrong; the message is then
      \`bad request body\`, or the published one of that field:
      ${Object.keys(FIELD_ERRORS)
        .map((text) => `\`${text}\``)
        .join(', ')}.`),
  },
]

export const reference: FamilyReference = {
  title: 'Keystead: Turnkey API',
  about: prose(`
    Wallets, keys and signing under policies, on this server. It implements the Turnkey API: its
    official clients work when given the base URL of this server.`).join(' '),
  guide,
  documents: 'https://docs.turnkey.com/',
  stamp: { name: 'XStamp', header: 'X-Stamp' },
  schemas: { ActivityAnswer: z.object({ activity: activityResult }), Error: errorBody },
  errorSchema: 'Error',
  request(operation) {
    if (operation.kind === 'query') return operation.params
    const parameters = operation.kind === 'vote' ? operation.params : newest(operation).params
    const types = typesOf(operation)
    return z.object({ type: z.enum(types), ...envelope, parameters })
  },
  exampleRequest(operation) {
    if (operation.kind === 'query') return { ...(operation.example.params as object) }
    return {
      type: typesOf(operation)[0] ?? '',
      timestampMs: EXAMPLE_TIMESTAMP_MS,
      organizationId: EXAMPLE_ORGANIZATION,
      parameters: operation.example.params,
    }
  },
  answer(operation) {
    if (operation.kind === 'query') return { within: null, path: [] }
    const path =
      operation.kind === 'vote' ? [] : ['activity', 'result', newest(operation).resultKey]
    return { within: 'ActivityAnswer', path }
  },
  exampleAnswer(operation) {
    if (operation.kind === 'query') return operation.example.result
    if (operation.kind === 'vote') return { activity: exampleActivity }
    const { type, intentKey, resultKey } = newest(operation)
    const { params, result } = operation.example
    const body = JSON.stringify(reference.exampleRequest(operation))
    return {
      activity: {
        ...exampleActivity,
        type,
        intent: { [intentKey]: params },
        result: { [resultKey]: result },
        fingerprint: `sha256:${sha256(Buffer.from(body)).toString('hex')}`,
      },
    }
  },
  errors(operation) {
    switch (operation.kind) {
      case 'query':
        return [...ALWAYS, 'SIGNATURE_MISSING', ...(operation.findsCaller ? FOUND : [])]
      case 'vote':
        return [...ALWAYS, ...SUBMITTED, ...SIGNED]
      case 'activity':
        return [...ALWAYS, ...SUBMITTED, ...(operation.signs === null ? [] : SIGNED)]
    }
  },
}

function newest(operation: Extract<Operation, { kind: 'activity' }>) {
  const [version] = operation.versions
  if (version === undefined) throw new Error(`${operation.name} has no version`)
  return version
}

/** The types that the operation accepts, newest first. */
function typesOf(operation: Exclude<Operation, { kind: 'query' }>): string[] {
  return operation.kind === 'vote'
    ? [operation.type]
    : operation.versions.map((version) => version.type)
}
