// The Turnkey family: its envelope, its stamps, its answers.
import { z } from 'zod'
import { AppError, type ErrorCode, invalidField, isErrorCode } from '../../errors.ts'
import type { Family, Submission } from '../../operation/family.ts'
import { Registry } from '../../operation/registry.ts'
import type { JsonValue } from '../../platform/strictJson.ts'
import { createOrganization } from './activity/createOrganization.ts'
import { describeActivity, encodeActivity, registerVersions } from './activityWire.ts'
import { authenticate } from './auth.ts'
import { envelope } from './envelope.ts'
import { encodeError, fieldError } from './errors.ts'
import { operations } from './operations.ts'
import { reference } from './reference.ts'
import { type Proof, parseProof } from './proof.ts'
import { authenticateSignUp } from './signUp.ts'
import { dropNulls } from './wire.ts'

/** @param options.signUp whether strangers may create root organizations */
export function createTurnkeyFamily(options: { signUp: boolean }): Family {
  const registry = new Registry(options.signUp ? [...operations, createOrganization] : operations)
  for (const operation of registry.operations) {
    if (operation.kind === 'activity') registerVersions(operation)
  }
  return {
    name: 'turnkey',
    registry,
    reference,
    authenticate: (call, directory, fresh) =>
      call.operation === createOrganization
        ? authenticateSignUp(call, directory)
        : authenticate(call, directory, fresh),
    encodeError,
    encodeActivity,
    describeActivity,
    parseSubmission: (json) => parseSubmission(registry, json),
    parseQuery: (json, operation) => parse(operation.params, dropNulls(json)),
    parseVote(json, operation) {
      const { type, timestampMs, organizationId, parameters } = parse(envelope, dropNulls(json))
      if (type !== operation.type) throw new AppError('ACTIVITY_TYPE_MISMATCH')
      const { fingerprint } = parse(operation.params, parameters)
      return {
        fingerprint: Buffer.from(fingerprint.slice('sha256:'.length), 'hex'),
        organizationId,
        timestampMs: Number(timestampMs),
      }
    },
    ballotOf({ voter, body, stamp }, { home, ...target }) {
      const credential = findProof(stamp)?.find(home)
      if (credential === undefined || credential.userId !== voter.userId) return undefined
      if (!credential.proves({ body, ...target })) return undefined
      return { voter, credentialId: credential.id }
    },
  }
}

/** A stored stamp; undefined when it is none any more. */
function findProof(header: string): Proof | undefined {
  try {
    return parseProof(header)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

function parseSubmission(registry: Registry, json: JsonValue): Submission {
  const { type, timestampMs, organizationId, parameters } = parse(envelope, dropNulls(json))
  const found = registry.findByType(type)
  if (found === undefined) throw invalidField('type', 'is not a known activity type')
  const { operation, version } = found
  const params = version.upgrade(parse(version.params, parameters))
  const submitted = { operation, version, params, submitted: parameters }
  return { ...submitted, organizationId, timestampMs: Number(timestampMs) }
}

const VIOLATIONS_MAX = 20

/** Parses `value`. @throws AppError with the path and the reason of each bad field */
function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, VIOLATIONS_MAX)
  throw fieldError(issues.flatMap(violations), publishedCode(issues[0]))
}

/** The code that a schema names for what it refuses. */
function publishedCode(issue: z.core.$ZodIssue | undefined): ErrorCode | undefined {
  const code: unknown = issue?.code === 'custom' ? issue.params?.['errorCode'] : undefined
  return typeof code === 'string' && isErrorCode(code) ? code : undefined
}

function violations(issue: z.core.$ZodIssue) {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: [...path, key.slice(0, 100)].join('.'),
      description: 'unknown field',
    }))
  }
  return [{ field: path.join('.'), description: issue.message }]
}
