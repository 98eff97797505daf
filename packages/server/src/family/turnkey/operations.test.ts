// Guards over every operation of the family: counts, bounds, examples, errors, and versions.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OPERATIONS_BY_KIND } from '../../../../../tests/support/operations.ts'
import { z } from 'zod'
import { AppError, errorCategory, isErrorCode } from '../../errors.ts'
import type { ActivityOperation, Operation } from '../../operation/operation.ts'
import { Registry } from '../../operation/registry.ts'
import { operations } from './operations.ts'

const BOUNDED_MIN = 100
const CODES_MIN = 40
const SOURCE = join(import.meta.dirname, '..', '..')

const activities = operations.filter(({ kind }) => kind === 'activity') as ActivityOperation[]

const paramsOf = (operation: Operation): z.ZodType[] =>
  operation.kind === 'activity'
    ? operation.versions.map(({ params }) => params)
    : [operation.params]

test('the registry has the expected number of operations', () => {
  const counts = Map.groupBy(operations, ({ kind }) => kind)
  expect(Object.fromEntries([...counts].map(([kind, list]) => [kind, list.length]))).toEqual(
    OPERATIONS_BY_KIND,
  )
})

interface JsonSchema {
  type?: unknown
  enum?: unknown
  const?: unknown
  maxLength?: unknown
  maxItems?: unknown
  pattern?: unknown
  format?: unknown
}

/** Every schema in `schema`, with its path. */
function walk(schema: JsonSchema, path: string): [string, JsonSchema][] {
  const inner = Object.entries(schema).flatMap(([key, member]) =>
    typeof member === 'object' && member !== null
      ? walk(member as JsonSchema, `${path}/${key}`)
      : [],
  )
  return [[path, schema], ...inner]
}

/** A pattern without open repetition bounds the length by itself. */
const closes = (pattern: string) => /^\^.*\$$/.test(pattern) && !/[*+]|,\}/.test(pattern)

const isBounded = ({
  type,
  enum: values,
  const: only,
  maxLength,
  maxItems,
  pattern,
  format,
}: JsonSchema) => {
  if (type === 'array') return maxItems !== undefined
  if (type !== 'string') return true
  const fixed = values !== undefined || only !== undefined || format === 'uuid'
  return fixed || maxLength !== undefined || (typeof pattern === 'string' && closes(pattern))
}

test('every string and every list of every request is bounded', () => {
  const seen = operations.flatMap((operation) =>
    paramsOf(operation).flatMap((params) =>
      walk(z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }), operation.name),
    ),
  )
  const bounded = seen.filter(([, { type }]) => type === 'string' || type === 'array')
  expect(bounded.length).toBeGreaterThan(BOUNDED_MIN)
  expect(bounded.filter(([, schema]) => !isBounded(schema)).map(([path]) => path)).toEqual([])
})

test('the guard sees a string and a list without bounds', () => {
  const open = z.toJSONSchema(z.object({ a: z.string(), b: z.array(z.string().max(1)) }))
  const found = walk(open, 'x').filter(([, schema]) => !isBounded(schema))
  expect(found.map(([path]) => path)).toEqual(['x/properties/a', 'x/properties/b'])
  expect([closes('^[a-f]{64}$'), closes('^[a-f]+$'), closes('[a-f]{64}')]).toEqual([
    true,
    false,
    false,
  ])
})

describe.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s',
  (_name, operation) => {
    test('is told apart by one path of the API', () => {
      const folder = operation.kind === 'query' ? 'query' : 'submit'
      expect(operation.path).toMatch(new RegExp(`^/public/v1/${folder}/[a-z_]+$`))
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/)
      expect(operation.spec).not.toBe('')
    })

    test('has examples that parse, and refuses what is no object', () => {
      const [newest] = paramsOf(operation)
      expect(newest?.safeParse(operation.example.params).success).toBe(true)
      for (const value of [null, [], 'x', 5, undefined]) {
        expect(newest?.safeParse(value).success).toBe(false)
      }
    })

    test('declares errors that exist, each once', () => {
      expect(operation.errors.filter((code) => !isErrorCode(code))).toEqual([])
      expect(new Set(operation.errors).size).toBe(operation.errors.length)
    })
  },
)

test('every error code is declared by an operation or used in the source', () => {
  const table = readFileSync(join(SOURCE, 'errors.ts'), 'utf8')
  const codes = [...table.matchAll(/^ {2}([A-Z][A-Z_]+): \[/gm)].map(([, code]) => code ?? '')
  expect(codes.length).toBeGreaterThan(CODES_MIN)
  expect(codes.filter((code) => !isErrorCode(code))).toEqual([])
  const sources = globSync('**/*.ts', { cwd: SOURCE })
    .filter((path) => path !== 'errors.ts' && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(SOURCE, path), 'utf8'))
    .join('\n')
  const thrown = (code: string) =>
    sources.includes(`'${code}'`) || table.includes(`AppError('${code}'`)
  expect(codes.filter((code) => !thrown(code))).toEqual([])
  for (const code of codes.filter(isErrorCode)) {
    expect(new AppError(code).message).toMatch(/^[^\n]{3,200}$/)
    expect(errorCategory(code)).not.toBe('')
  }
})

describe('the registry refuses', () => {
  const [first, second] = activities
  if (first === undefined || second === undefined) throw new Error('there are activities')

  test.each([
    ['a name twice', { ...second, name: first.name }],
    ['a path twice', { ...second, path: first.path }],
    ['a type twice', { ...second, versions: first.versions }],
  ])('%s', (_what, copy) => {
    expect(() => new Registry([first, copy])).toThrow('registered twice')
  })

  test.each([
    ['example parameters that do not parse', { example: { ...first.example, params: {} } }],
    ['an example result that does not parse', { example: { ...first.example, result: 5 } }],
  ])('%s', (_what, change) => {
    expect(() => new Registry([{ ...first, ...change }])).toThrow('does not fit its schema')
  })

  test('nothing of ours', () => {
    const registry = new Registry(operations)
    for (const operation of activities) {
      expect(registry.findByPath(operation.path)).toBe(operation)
      expect(registry.findByName(operation.name)).toBe(operation)
      for (const version of operation.versions) {
        expect(registry.findByType(version.type)).toEqual({ operation, version })
      }
    }
  })
})

describe('older versions', () => {
  const uuid = '019a0000-0000-7000-8000-000000000001'
  const publicKey = '020217E617F0B6443928278F96999E69A23A4F2C152BDF6D6CDF66E5B80282D4ED'
  const attestation = { clientDataJson: 'AQID', attestationObject: 'BAUG' }
  const authenticator = {
    authenticatorName: 'p',
    challenge: 'c',
    attestation: { credentialId: 'BwgJ', ...attestation, transports: [] },
  }
  const legacyAuthenticator = {
    authenticatorName: 'p',
    userId: uuid,
    challenge: 'c',
    attestation: {
      id: 'BwgJ',
      type: 'public-key',
      rawId: 'BwgJ',
      response: attestation,
      clientExtensionResults: { credProps: { rk: true } },
    },
  }
  const sub = (apiKey: object, more: object) => ({
    subOrganizationName: 's',
    rootUsers: [{ userName: 'u', userEmail: 'u@example.com', apiKeys: [apiKey] }],
    rootQuorumThreshold: 1,
    ...more,
  })
  const olderSub = (more: object) => sub({ apiKeyName: 'a', publicKey }, more)
  const newestSub = (more: object) =>
    sub({ apiKeyName: 'a', publicKey, curveType: 'API_KEY_CURVE_P256' }, more)
  /** Parameters of each older version, and the same in the newest. */
  const SAME: Record<string, [object, object]> = {
    ACTIVITY_TYPE_CREATE_API_KEYS: [
      { userId: uuid, apiKeys: [{ apiKeyName: 'a', publicKey, expirationSeconds: '5' }] },
      {
        userId: uuid,
        apiKeys: [
          { apiKeyName: 'a', publicKey, expirationSeconds: '5', curveType: 'API_KEY_CURVE_P256' },
        ],
      },
    ],
    ACTIVITY_TYPE_CREATE_OAUTH_PROVIDERS: [
      { userId: uuid, oauthProviders: [{ providerName: 'p', oidcToken: 'a.b.c' }] },
      { userId: uuid, oauthProviders: [{ providerName: 'p', oidcToken: 'a.b.c' }] },
    ],
    ACTIVITY_TYPE_CREATE_AUTHENTICATORS: [
      {
        userId: uuid,
        authenticators: [
          {
            authenticatorName: 'a',
            userId: uuid,
            challenge: 'c',
            attestation: {
              id: 'AQI',
              rawId: 'AQI',
              type: 'public-key',
              response: { clientDataJson: 'Aw', attestationObject: 'BA' },
              clientExtensionResults: { credProps: { rk: true } },
            },
          },
        ],
      },
      {
        userId: uuid,
        authenticators: [
          {
            authenticatorName: 'a',
            challenge: 'c',
            attestation: { credentialId: 'AQI', clientDataJson: 'Aw', attestationObject: 'BA' },
          },
        ],
      },
    ],
    ACTIVITY_TYPE_CREATE_POLICY: [
      {
        policyName: 'p',
        effect: 'EFFECT_ALLOW',
        selectors: [
          { subject: 'activity.action', operator: 'OPERATOR_EQUAL', target: 'SIGN' },
          { subject: 'user.tags', operator: 'OPERATOR_CONTAINS', target: uuid },
        ],
        notes: 'n',
      },
      {
        policyName: 'p',
        effect: 'EFFECT_ALLOW',
        condition: "activity.action == 'SIGN'",
        consensus: `approvers.any(user, user.tags.contains('${uuid}'))`,
        notes: 'n',
      },
    ],
    ACTIVITY_TYPE_CREATE_POLICY_V2: [
      {
        policyName: 'p',
        effect: 'EFFECT_DENY',
        selectors: [
          { subject: 'activity.action', operator: 'OPERATOR_IN', targets: ['SIGN', 'CREATE'] },
        ],
      },
      {
        policyName: 'p',
        effect: 'EFFECT_DENY',
        condition: "activity.action in ['SIGN', 'CREATE']",
      },
    ],
    ACTIVITY_TYPE_UPDATE_POLICY: [
      { policyId: uuid, policyNotes: '' },
      { policyId: uuid, policyNotes: '' },
    ],
    ACTIVITY_TYPE_CREATE_PRIVATE_KEYS: [
      { privateKeys: [{ privateKeyName: 'k', curve: 'CURVE_P256', privateKeyTags: [] }] },
      { privateKeys: [{ privateKeyName: 'k', curve: 'CURVE_P256' }] },
    ],
    ACTIVITY_TYPE_CREATE_USERS: [
      {
        users: [
          {
            userName: 'u',
            accessType: 'ACCESS_TYPE_API',
            apiKeys: [{ apiKeyName: 'a', publicKey }],
            authenticators: [legacyAuthenticator],
            userTags: [uuid],
          },
        ],
      },
      {
        users: [
          {
            userName: 'u',
            apiKeys: [{ apiKeyName: 'a', publicKey, curveType: 'API_KEY_CURVE_P256' }],
            authenticators: [authenticator],
            userTags: [uuid],
          },
        ],
      },
    ],
    ACTIVITY_TYPE_CREATE_USERS_V2: [
      { users: [{ userName: 'u', userEmail: '', apiKeys: [{ apiKeyName: 'a', publicKey }] }] },
      {
        users: [
          {
            userName: 'u',
            apiKeys: [{ apiKeyName: 'a', publicKey, curveType: 'API_KEY_CURVE_P256' }],
          },
        ],
      },
    ],
    ACTIVITY_TYPE_CREATE_USERS_V3: [
      { users: [{ userName: 'u', apiKeys: [], userTags: [] }] },
      { users: [{ userName: 'u' }] },
    ],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION: [
      { name: 's', rootAuthenticator: authenticator },
      {
        subOrganizationName: 's',
        rootUsers: [{ userName: 'Root user', authenticators: [authenticator] }],
        rootQuorumThreshold: 1,
      },
    ],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V2: [olderSub({}), newestSub({})],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V3: [
      olderSub({ privateKeys: [{ privateKeyName: 'k', curve: 'CURVE_P256' }] }),
      newestSub({ privateKeys: [{ privateKeyName: 'k', curve: 'CURVE_P256' }] }),
    ],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V4: [
      olderSub({ wallet: { walletName: 'w', accounts: [] }, disableEmailAuth: true }),
      newestSub({ wallet: { walletName: 'w' }, disableEmailAuth: true, disableSmsAuth: false }),
    ],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V5: [
      olderSub({ disableEmailRecovery: true }),
      newestSub({ disableEmailRecovery: true }),
    ],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V6: [newestSub({}), newestSub({ privateKeys: [] })],
    ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V7: [
      { subOrganizationName: 's', rootUsers: [], rootQuorumThreshold: 1 },
      { subOrganizationName: 's', rootQuorumThreshold: 1 },
    ],
    ACTIVITY_TYPE_SIGN_TRANSACTION: [
      { privateKeyId: uuid, unsignedTransaction: '00', type: 'TRANSACTION_TYPE_ETHEREUM' },
      { signWith: uuid, unsignedTransaction: '00', type: 'TRANSACTION_TYPE_ETHEREUM' },
    ],
    ACTIVITY_TYPE_SIGN_RAW_PAYLOAD: [
      {
        privateKeyId: uuid,
        payload: 'x',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_SHA256',
      },
      {
        signWith: uuid,
        payload: 'x',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_SHA256',
      },
    ],
  }
  const older = activities.flatMap(({ versions: [newest, ...rest] }) =>
    rest.map((version) => ({ type: version.type, version, newest })),
  )

  test('are all known here', () => {
    expect(older.map(({ type }) => type).sort()).toEqual(Object.keys(SAME).sort())
  })

  test.each(older)(
    '$type upgrades to what the newest schema makes of the same',
    ({ type, version, newest }) => {
      const [old, same] = SAME[type] ?? []
      expect(version.upgrade(version.params.parse(old))).toEqual(newest?.params.parse(same))
    },
  )
})
