// The one error table: code → category and public message. Families map categories to their wire.

export type ErrorCategory =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'limit'
  | 'unavailable'
  | 'internal'

/** The published text for a resource limit and the signing quota alike. */
const OVER_QUOTA =
  'this organization cannot execute activities because it is over its allotted quota. Please reach out to the Turnkey team (help@turnkey.com) for more information.'

const table = {
  BAD_REQUEST_BODY: ['invalid', 'bad request body'],
  MALFORMED_ORGANIZATION_ID: ['invalid', 'malformed organization ID provided'],
  ACTIVITY_TYPE_MISMATCH: ['invalid', 'activity type does not match the request path'],
  TIMESTAMP_OUTSIDE_WINDOW: ['invalid', 'activity timestamp is outside the accepted window'],
  MISSING_WALLET_PARAMS: ['invalid', 'missing wallet params'],
  INVALID_PATH_FORMAT: ['invalid', 'invalid path format'],
  INVALID_PATH: ['invalid', 'invalid path'],
  INVALID_ADDRESS_FORMAT: ['invalid', 'invalid address format'],
  INVALID_CURVE: ['invalid', 'invalid curve'],
  CURVE_REQUIRED: ['invalid', 'curve required'],
  INVALID_PAYLOAD_ENCODING: ['invalid', 'invalid payload encoding'],
  INVALID_PAYLOAD: ['invalid', 'invalid payload'],
  TRANSACTION_UNPARSEABLE: ['invalid', 'failed to parse transaction'],
  TRANSACTION_CURVE: ['invalid', 'this kind of transaction needs a secp256k1 key'],
  TRANSACTION_CURVE_ED25519: ['invalid', 'this kind of transaction needs an ed25519 key'],
  TRANSACTION_SIGNER: ['invalid', 'the key is not one of the signers of the transaction'],
  INVALID_HASH_FUNCTION: ['invalid', 'invalid hash function'],
  INVALID_API_KEY_EXPIRATION: ['invalid', 'invalid api key expiration'],
  INVALID_PUBLIC_KEY: ['invalid', 'invalid public key'],
  PUBLIC_KEY_IN_USE: ['invalid', 'public key is already in use in this organization'],
  API_KEY_LABEL_NOT_UNIQUE: ['invalid', 'api key label must be unique'],
  AUTHENTICATOR_LABEL_NOT_UNIQUE: ['invalid', 'authenticator label must be unique'],
  CREDENTIAL_ID_IN_USE: ['invalid', 'credential ID is already in use in this organization'],
  INVALID_ATTESTATION: ['invalid', 'invalid authenticator attestation'],
  ATTESTATION_MISSING: ['invalid', 'missing parameter: user authenticator attestation'],
  ATTESTATION_DATA_MISSING: [
    'invalid',
    'missing parameter: user authenticator attestation auth data',
  ],
  INVALID_OIDC_TOKEN: ['invalid', 'invalid oidc token'],
  OAUTH_PROVIDERS_BELOW_ONLY: ['invalid', 'oauth providers belong to users of sub-organizations'],
  OAUTH_PROVIDER_EXISTS: ['invalid', 'oauth provider already exists in this organization'],
  USER_TAG_LABEL_NOT_UNIQUE: ['invalid', 'user tag label must be unique'],
  PRIVATE_KEY_TAG_LABEL_NOT_UNIQUE: ['invalid', 'private key tag label must be unique'],
  WALLET_LABEL_NOT_UNIQUE: ['invalid', 'wallet label must be unique'],
  PRIVATE_KEY_LABEL_NOT_UNIQUE: ['invalid', 'private key label must be unique'],
  POLICY_LABEL_NOT_UNIQUE: ['invalid', 'policy label must be unique'],
  INVALID_POLICY_CONSENSUS: ['invalid', 'invalid policy consensus'],
  INVALID_POLICY_CONDITION: ['invalid', 'invalid policy condition'],
  QUORUM_THRESHOLD_ZERO: ['invalid', 'quorum threshold must be non-zero integer'],
  QUORUM_THRESHOLD_TOO_HIGH: ['invalid', 'quorum threshold exceeds the number of quorum users'],
  QUORUM_USERS_MISSING: ['invalid', 'quorum users missing'],
  INVALID_MNEMONIC: ['invalid', 'invalid mnemonic'],
  INVALID_PRIVATE_KEY: ['invalid', 'invalid private key'],
  INVALID_ENCRYPTED_BUNDLE: [
    'invalid',
    'encrypted bundle could not be decrypted with the key of the newest import bundle',
  ],
  IMPORT_FOR_ANOTHER_USER: ['invalid', 'userId must be the user who makes the request'],
  WALLET_NOT_EXPORTED: ['invalid', 'wallet has not been exported'],
  WALLET_ACCOUNT_NOT_EXPORTED: ['invalid', 'wallet account has not been exported'],
  PRIVATE_KEY_NOT_EXPORTED: ['invalid', 'private key has not been exported'],
  ROOT_ORGANIZATION: ['invalid', 'only a sub-organization can be deleted by a request'],
  ORGANIZATION_NOT_EXPORTED: [
    'invalid',
    'sub-organization holds wallets or private keys that have not been exported',
  ],
  NESTED_SUB_ORGANIZATION: ['invalid', 'a sub-organization cannot have sub-organizations'],
  ORGANIZATIONS_NOT_LOADED: ['invalid', 'failed to load organizations'],
  ORGANIZATION_MISMATCH: ['invalid', 'organization mismatch'],
  SIGNATURE_MISSING: ['unauthenticated', 'no valid authentication signature found for request'],
  STAMP_MISSING: [
    'unauthenticated',
    'cannot authenticate public API activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)',
  ],
  STAMP_UNREADABLE: ['unauthenticated', 'could not extract api key stamp'],
  STAMP_MALFORMED: ['unauthenticated', 'malformed activity stamp'],
  WEBAUTHN_STAMP_UNREADABLE: ['unauthenticated', 'could not extract webauthn stamp'],
  CREDENTIAL_ID_NOT_FOUND: [
    'unauthenticated',
    'credential ID could not be found in organization or its parent organization',
  ],
  PUBLIC_KEY_NOT_FOUND: [
    'unauthenticated',
    'could not find public key in organization or its parent organization',
  ],
  PUBLIC_KEY_NOT_IN_ORGANIZATION: ['unauthenticated', 'could not find public key in organization'],
  PUBLIC_KEY_NOT_BELOW: [
    'unauthenticated',
    'public key could not be found in organization or its parent organization',
  ],
  PARENT_LOOKUP_FAILED: [
    'unauthenticated',
    'failed while looking up public key in parent organization',
  ],
  PUBLIC_KEY_AMBIGUOUS: ['unauthenticated', 'more than one suborg associated with a public key'],
  SIGNATURE_INVALID: ['unauthenticated', 'could not verify api key signature'],
  CREDENTIAL_ID_AMBIGUOUS: [
    'unauthenticated',
    'more than one suborg associated with a credential ID',
  ],
  ASSERTION_INVALID: ['unauthenticated', 'could not verify WebAuthN signature'],
  API_KEY_EXPIRED: [
    'unauthenticated',
    'rpc error: code = Unauthenticated desc = expired api key publicKey',
  ],
  NOT_AUTHORIZED: ['forbidden', 'request not authorized'],
  DENIED_EXPLICITLY: ['forbidden', 'policy engine denied request explicitly'],
  OPERATIONS_DISABLED: ['forbidden', 'api operations disabled'],
  AUTHENTICATION_FAILED: ['forbidden', 'authentication failed'],
  ORGANIZATION_NOT_FOUND: ['notFound', 'no organization found with the given ID'],
  ACTIVITY_NOT_FOUND: ['notFound', 'activity not found'],
  FINGERPRINT_NOT_FOUND: [
    'notFound',
    'No activity found with fingerprint. Consensus activities must target an existing activity by fingerprint',
  ],
  USER_TAG_NOT_FOUND: ['notFound', 'user tag not found'],
  PRIVATE_KEY_TAG_NOT_FOUND: ['notFound', 'private key tag not found'],
  INVITATION_NOT_FOUND: ['notFound', 'invitation not found'],
  API_KEY_NOT_FOUND: ['notFound', 'api key not found'],
  AUTHENTICATOR_NOT_FOUND: ['notFound', 'webauthn authenticator not found in organization'],
  OAUTH_PROVIDER_NOT_FOUND: ['notFound', 'oauth provider not found'],
  USER_NOT_FOUND: ['notFound', 'user not found'],
  AUTHENTICATOR_NOT_FOUND_IN_EITHER: [
    'notFound',
    'webauthn authenticator not found in organization or parent organization',
  ],
  POLICY_NOT_FOUND: ['notFound', 'policy not found'],
  WALLET_ACCOUNT_NOT_FOUND: ['notFound', 'wallet account not found'],
  PRIVATE_KEY_NOT_FOUND: ['notFound', 'private key not found'],
  IMPORT_NOT_INITIALIZED: [
    'notFound',
    'no import is open for this user: initialize one, and use its import bundle once and in time',
  ],
  WALLET_NOT_FOUND: ['notFound', 'wallet not found'],
  SIGNING_RESOURCE_NOT_FOUND: ['notFound', 'no wallet account or private key found to sign with'],
  ALREADY_VOTED: ['conflict', 'user has already voted on this activity'],
  QUORUM_WITHOUT_CREDENTIALS: [
    'conflict',
    'too few quorum users would keep a lasting credential; only the root quorum may decide this',
  ],
  INVITATION_ALREADY_ACCEPTED: ['conflict', 'invitation has already been accepted'],
  INVITATION_EXPIRED: ['conflict', 'invitation has expired'],
  API_KEY_LIMIT: ['limit', 'user has exceeded maximum long-lived api keys'],
  EXPIRING_API_KEY_LIMIT: ['limit', 'user has exceeded maximum short-lived api keys'],
  AUTHENTICATOR_LIMIT: ['limit', 'user has exceeded maximum authenticators'],
  OAUTH_PROVIDER_LIMIT: ['limit', 'user has exceeded maximum oauth providers'],
  USER_LIMIT: ['limit', OVER_QUOTA],
  TAG_LIMIT: ['limit', OVER_QUOTA],
  INVITATION_LIMIT: ['limit', OVER_QUOTA],
  PRIVATE_KEY_LIMIT: ['limit', OVER_QUOTA],
  POLICY_LIMIT: ['limit', OVER_QUOTA],
  WALLET_LIMIT: ['limit', OVER_QUOTA],
  SIGNING_QUOTA_EXCEEDED: ['limit', OVER_QUOTA],
  PARENT_SIGNING_QUOTA_EXCEEDED: [
    'limit',
    'this sub-organization cannot execute activities because its parent is over its allotted quota. Please reach out to the Turnkey team (help@turnkey.com) for more information.',
  ],
  RATE_LIMITED: [
    'limit',
    'this organization cannot execute activities because it has been rate limited. Please reach out to the Turnkey team (help@turnkey.com) for more information.',
  ],
  PARENT_RATE_LIMITED: [
    'limit',
    'this sub-organization cannot execute activities because its parent has been rate limited. Please reach out to the Turnkey team (help@turnkey.com) for more information.',
  ],
  ROUTE_NOT_FOUND: ['notFound', 'Not Found'],
  BODY_TOO_LARGE: ['invalid', 'request body is too large'],
  UNAVAILABLE: ['unavailable', 'the server cannot store this request at the moment'],
  SEALED: ['unavailable', 'the server is sealed'],
  INTERNAL: ['internal', 'internal server error'],
} as const satisfies Record<string, readonly [ErrorCategory, string]>

export type ErrorCode = keyof typeof table

/** Every code, for what lists them. */
export const errorCodes = Object.keys(table) as readonly ErrorCode[]

/** One offending field of a request: its path, dotted, and what is wrong with it. */
interface FieldViolation {
  field: string
  description: string
}

/** What an error may carry besides its code; every member is public. */
export interface ErrorDetails {
  violations?: FieldViolation[]
  /** The activity that keeps this refusal. */
  activityId?: string
  /** When the same request may be accepted, in seconds from now. */
  retryAfterSeconds?: number
  /** The organization that a vote targets, and the one whose users vote or would have to. */
  mismatch?: { target: string; voters: string }
  /** What the policies came to that did not allow the request. */
  evaluations?: readonly { policyId: string; outcome: string }[]
  /** Identifies an internal error in the log. */
  requestId?: string
}

export function errorCategory(code: ErrorCode): ErrorCategory {
  return table[code][0]
}

function errorMessage(code: ErrorCode): string {
  return table[code][1]
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(table, text)
}

/** Ends a request with a public error of the table. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: ErrorOptions = {}) {
    super(errorMessage(code), options)
    this.name = 'AppError'
    this.code = code
    this.details = details
  }
}

/** The error for one bad field: `bad request body`, with the field and the reason. */
export function invalidField(field: string, description: string): AppError {
  return new AppError('BAD_REQUEST_BODY', { violations: [{ field, description }] })
}

/** Guards an invariant of ours: never caused by input. Becomes `INTERNAL`. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}
