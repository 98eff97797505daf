// Every error that the documents publish (pages `api-overview/errors` and the clients): HTTP, gRPC.

const INVALID = [400, 3] as const
const UNAUTHENTICATED = [401, 16] as const
const FORBIDDEN = [403, 7] as const
const NOT_FOUND = [404, 5] as const
const EXHAUSTED = [429, 8] as const

export const publishedErrors = {
  'malformed organization ID provided': INVALID,
  'bad request body': INVALID,
  'failed to load organizations': INVALID,
  'policy label must be unique': INVALID,
  'invalid policy consensus': INVALID,
  'invalid policy condition': INVALID,
  'quorum threshold must be non-zero integer': INVALID,
  'quorum users missing': INVALID,
  'invalid api key expiration': INVALID,
  'missing parameter: user authenticator attestation': INVALID,
  'invalid authenticator attestation': INVALID,
  'missing parameter: user authenticator attestation auth data': INVALID,
  'missing wallet params': INVALID,
  'invalid path format': INVALID,
  'invalid path': INVALID,
  'invalid address format': INVALID,
  'invalid curve': INVALID,
  'curve required': INVALID,
  'invalid payload encoding': INVALID,
  'invalid hash function': INVALID,
  'invalid magic link template': INVALID,
  'failed to get email template contents': INVALID,
  'failed to unmarshal template variables': INVALID,
  'failed to parse transaction': INVALID,
  'organization mismatch: request is targeting organization ("<a>"), but voters are in organization ("<b>")':
    INVALID,
  'no valid authentication signature found for request': UNAUTHENTICATED,
  'could not find public key in organization': UNAUTHENTICATED,
  'failed while looking up public key in parent organization': UNAUTHENTICATED,
  'could not find public key in organization or its parent organization': UNAUTHENTICATED,
  'could not verify WebAuthN signature': UNAUTHENTICATED,
  'credential ID could not be found in organization or its parent organization': UNAUTHENTICATED,
  'public key could not be found in organization or its parent organization': UNAUTHENTICATED,
  'more than one suborg associated with a credential ID': UNAUTHENTICATED,
  'more than one suborg associated with a public key': UNAUTHENTICATED,
  'could not verify api key signature': UNAUTHENTICATED,
  'expired api key': UNAUTHENTICATED,
  'malformed activity stamp': UNAUTHENTICATED,
  'could not extract webauthn stamp': UNAUTHENTICATED,
  'could not extract api key stamp': UNAUTHENTICATED,
  'cannot authenticate public API activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)':
    UNAUTHENTICATED,
  'request not authorized': FORBIDDEN,
  'api operations disabled': FORBIDDEN,
  'authentication failed': FORBIDDEN,
  'policy engine denied request explicitly': FORBIDDEN,
  'webauthn authenticator not found in organization': NOT_FOUND,
  'webauthn authenticator not found in organization or parent organization': NOT_FOUND,
  'no organization found with the given ID': NOT_FOUND,
  'No activity found with fingerprint. Consensus activities must target an existing activity by fingerprint':
    NOT_FOUND,
  'user has exceeded maximum authenticators': EXHAUSTED,
  'user has exceeded maximum long-lived api keys': EXHAUSTED,
  'user has exceeded maximum short-lived api keys': EXHAUSTED,
  'this organization cannot execute activities because it is over its allotted quota. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    EXHAUSTED,
  'this sub-organization cannot execute activities because its parent is over its allotted quota. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    EXHAUSTED,
  'this organization cannot execute activities because it has been rate limited. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    EXHAUSTED,
  'this sub-organization cannot execute activities because its parent has been rate limited. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    EXHAUSTED,
  'internal server error': [500, 13],
} as const satisfies Record<string, readonly [number, number]>

export type PublishedError = keyof typeof publishedErrors
