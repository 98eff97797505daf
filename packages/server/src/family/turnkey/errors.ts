// Errors in the shape of the Turnkey API: gRPC code, message, details, and the HTTP status.
import { randomUUID } from 'node:crypto'
import { type ActivityRow, type Actor, keptFailure } from '../../domain/activity/activity.ts'
import {
  AppError,
  type ErrorCategory,
  type ErrorCode,
  type ErrorDetails,
  errorCategory,
} from '../../errors.ts'
import type { Reply } from '../../operation/family.ts'

interface Status {
  grpc: number
  http: number
}

const STATUS: Record<ErrorCategory, Status> = {
  invalid: { grpc: 3, http: 400 },
  unauthenticated: { grpc: 16, http: 401 },
  forbidden: { grpc: 7, http: 403 },
  notFound: { grpc: 5, http: 404 },
  conflict: { grpc: 9, http: 400 },
  limit: { grpc: 8, http: 429 },
  unavailable: { grpc: 14, http: 503 },
  internal: { grpc: 13, http: 500 },
}

const HTTP_OVERRIDE: Partial<Record<ErrorCode, number>> = { BODY_TOO_LARGE: 413 }

const TURNKEY_CODE: Partial<Record<ErrorCode, string>> = {
  BAD_REQUEST_BODY: 'REQUEST_INVALID',
  MALFORMED_ORGANIZATION_ID: 'INVALID_ORGANIZATION_ID',
  TIMESTAMP_OUTSIDE_WINDOW: 'INVALID_TIME',
  SIGNATURE_MISSING: 'SIGNATURE_MISSING',
  STAMP_MISSING: 'SIGNATURE_MISSING',
  SIGNATURE_INVALID: 'SIGNATURE_INVALID',
  ASSERTION_INVALID: 'SIGNATURE_INVALID',
  PUBLIC_KEY_NOT_FOUND: 'PUBLIC_KEY_NOT_FOUND',
  PUBLIC_KEY_NOT_IN_ORGANIZATION: 'PUBLIC_KEY_NOT_FOUND',
  PUBLIC_KEY_NOT_BELOW: 'PUBLIC_KEY_NOT_FOUND',
  PARENT_LOOKUP_FAILED: 'PUBLIC_KEY_NOT_FOUND',
  CREDENTIAL_ID_NOT_FOUND: 'CREDENTIAL_NOT_FOUND',
  API_KEY_EXPIRED: 'API_KEY_EXPIRED',
  NOT_AUTHORIZED: 'REQUEST_NOT_AUTHORIZED',
  DENIED_EXPLICITLY: 'REQUEST_NOT_AUTHORIZED',
  OPERATIONS_DISABLED: 'API_OPERATIONS_DISABLED',
  AUTHENTICATION_FAILED: 'UNAUTHENTICATED',
  ORGANIZATION_NOT_FOUND: 'ORGANIZATION_NOT_FOUND',
  ORGANIZATIONS_NOT_LOADED: 'ORGANIZATION_NOT_FOUND',
  ORGANIZATION_MISMATCH: 'ORGANIZATION_MISMATCH',
  SIGNING_QUOTA_EXCEEDED: 'SIGNING_QUOTA_EXCEEDED',
  PARENT_SIGNING_QUOTA_EXCEEDED: 'SIGNING_QUOTA_EXCEEDED',
  RATE_LIMITED: 'RATE_LIMIT_EXCEEDED',
  PARENT_RATE_LIMITED: 'RATE_LIMIT_EXCEEDED',
  PUBLIC_KEY_IN_USE: 'CREDENTIAL_CONFLICT',
  INVALID_OIDC_TOKEN: 'INVALID_OIDC_TOKEN',
  OAUTH_PROVIDER_EXISTS: 'OAUTH_PROVIDER_ALREADY_EXISTS',
  TRANSACTION_UNPARSEABLE: 'INVALID_TRANSACTION',
  WALLET_ACCOUNT_NOT_EXPORTED: 'WALLET_ACCOUNT_NOT_EXPORTED',
  INTERNAL: 'INTERNAL',
}

/** The published texts that a field's message may be: then it is the message of the whole error. */
export const FIELD_ERRORS: Record<string, ErrorCode> = {
  'invalid curve': 'INVALID_CURVE',
  'curve required': 'CURVE_REQUIRED',
  'invalid path format': 'INVALID_PATH_FORMAT',
  'invalid address format': 'INVALID_ADDRESS_FORMAT',
  'invalid payload encoding': 'INVALID_PAYLOAD_ENCODING',
  'invalid hash function': 'INVALID_HASH_FUNCTION',
  'missing wallet params': 'MISSING_WALLET_PARAMS',
  'missing parameter: user authenticator attestation': 'ATTESTATION_MISSING',
}

/**
 * Errors of activities whose published text clients compare with all that they print: their details
 * stay empty, and the activity that keeps them is found in the list. Those of limits are so, too.
 */
const MATCHED_WHOLE = new Set<ErrorCode>([
  ...Object.values(FIELD_ERRORS),
  'API_KEY_LABEL_NOT_UNIQUE',
  'ATTESTATION_DATA_MISSING',
  'AUTHENTICATOR_LABEL_NOT_UNIQUE',
  'INVALID_API_KEY_EXPIRATION',
  'INVALID_ATTESTATION',
  'INVALID_PATH',
  'AUTHENTICATOR_NOT_FOUND',
  'DENIED_EXPLICITLY',
  'POLICY_LABEL_NOT_UNIQUE',
  'PRIVATE_KEY_LABEL_NOT_UNIQUE',
  'PRIVATE_KEY_TAG_LABEL_NOT_UNIQUE',
  'QUORUM_THRESHOLD_TOO_HIGH',
  'QUORUM_THRESHOLD_ZERO',
  'QUORUM_USERS_MISSING',
  'TRANSACTION_UNPARSEABLE',
  'USER_TAG_LABEL_NOT_UNIQUE',
  'WALLET_LABEL_NOT_UNIQUE',
])

function isMatchedWhole(code: ErrorCode): boolean {
  return MATCHED_WHOLE.has(code) || errorCategory(code) === 'limit'
}

/**
 * The error for bad fields: the published one of the first field, else `bad request body`.
 * @param code the published one, where its text does not say what is wrong
 */
export function fieldError(
  violations: NonNullable<ErrorDetails['violations']>,
  code?: ErrorCode,
): AppError {
  const published = code ?? FIELD_ERRORS[violations[0]?.description ?? '']
  return new AppError(published ?? 'BAD_REQUEST_BODY', { violations })
}

export function encodeError(error: AppError): Reply {
  const { grpc, http } = STATUS[errorCategory(error.code)]
  const turnkeyErrorCode = TURNKEY_CODE[error.code] ?? ''
  const body = {
    code: grpc,
    message: publicMessage(error),
    details: details(error),
    turnkeyErrorCode,
  }
  return {
    status: HTTP_OVERRIDE[error.code] ?? http,
    body: Buffer.from(JSON.stringify(body)),
    ...retryAfter(error.details.retryAfterSeconds ?? (http === 503 ? 1 : undefined)),
  }
}

function retryAfter(seconds: number | undefined): Pick<Reply, 'headers'> {
  return seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }
}

function publicMessage({ code, message, details: { mismatch, requestId } }: AppError): string {
  if (code === 'INTERNAL') return `${message} (${requestId ?? randomUUID()})`
  if (mismatch === undefined) return message
  const { target, voters } = mismatch
  return `${message}: request is targeting organization ("${target}"), but voters are in organization ("${voters}")`
}

function details(error: AppError): unknown[] {
  const { violations, activityId, evaluations = [] } = error.details
  const list: unknown[] = []
  if (violations !== undefined) {
    list.push({ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations })
  }
  if (error.code === 'NOT_AUTHORIZED') {
    list.push({
      '@type': 'type.googleapis.com/errors.v1.PolicyEnginePermissionError',
      message: 'No policies evaluated to outcome: Allow',
      policyEvaluations: evaluations.map(wireEvaluation),
    })
  }
  if (activityId !== undefined && !isMatchedWhole(error.code)) {
    list.push({
      '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
      resourceType: 'activity',
      resourceName: activityId,
    })
  }
  return list
}

/** What a request, or one policy, came to. */
export function wireOutcome<O extends string>(outcome: O): `OUTCOME_${O}` {
  return `OUTCOME_${outcome}`
}

export function wireEvaluation({ policyId, outcome }: { policyId: string; outcome: string }) {
  return { policyId, outcome: wireOutcome(outcome) }
}

/** An error within an answer. */
export function wireError(error: AppError) {
  return {
    code: STATUS[errorCategory(error.code)].grpc,
    message: error.message,
    details: details(error),
  }
}

/** `activity.failure`: the error that a failed activity keeps, as `viewer` may see it, or null. */
export function wireFailure(activity: ActivityRow, viewer: Pick<Actor, 'organizationId'>) {
  const error = keptFailure(activity, viewer)
  return error === null ? null : wireError(error)
}
