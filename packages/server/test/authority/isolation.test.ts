// Objects of other organizations: named in one's own, they are answered like ids that never were.
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Answer } from '../../../../tests/support/client.ts'
import { invitationParams } from '../../../../tests/support/invitee.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { type Furniture, type Named, type Organization, realParams } from './furniture.ts'
import { ask, bodyFor, createFamily, operations } from './world.ts'

const taggedKey = { privateKeyName: 'tagged', curve: 'CURVE_ED25519', addressFormats: [] }

/** What names an object in another place than the example does. */
const MORE: Record<string, ((here: Named) => object)[]> = {
  createApiOnlyUsers: [
    ({ userTagId }) => ({ apiOnlyUsers: [{ userName: 'tagged', userTags: [userTagId] }] }),
  ],
  createInvitations: [
    ({ userId, userTagId }) => ({
      invitations: [invitationParams(userId, { receiverUserTags: [userTagId] })],
    }),
  ],
  createPrivateKeys: [
    ({ privateKeyTagId }) => ({
      privateKeys: [{ ...taggedKey, privateKeyTags: [privateKeyTagId] }],
    }),
  ],
  createSubOrganization: [
    ({ privateKeyTagId }) => ({
      rootUsers: [{ userName: 'owner' }],
      privateKeys: [{ ...taggedKey, privateKeyTags: [privateKeyTagId] }],
    }),
  ],
  createUsers: [({ userTagId }) => ({ users: [{ userName: 'tagged', userTags: [userTagId] }] })],
  getWalletAccount: [({ address }) => ({ address, path: undefined })],
  getWalletAccounts: [({ walletId }) => ({ walletId })],
  signRawPayload: signers(),
  signRawPayloads: signers(),
  signTransaction: signers(),
  updatePrivateKeyTag: [
    ({ privateKeyId }) => ({ addPrivateKeyIds: [], removePrivateKeyIds: [privateKeyId] }),
  ],
  updateUser: [({ userTagId }) => ({ userTagIds: [userTagId] })],
  updateUserTag: [({ userId }) => ({ addUserIds: [], removeUserIds: [userId] })],
}

function signers(): ((here: Named) => object)[] {
  return [
    ({ privateKeyId }) => ({ signWith: privateKeyId }),
    ({ walletAccountId }) => ({ signWith: walletAccountId }),
  ]
}

/** Fields that name a place in a list, which need not exist. */
const CURSORS = ['paginationOptions.before', 'paginationOptions.after']

/** What names objects that nobody has: a new organization has no tags yet. */
const UNMET = ['createSubOrganization']

/** Operations that say about an unknown object something else than 404, as the API publishes. */
const ELSE: Record<string, number> = {
  evaluateActivity: 200,
  importPrivateKey: 400,
  importWallet: 400,
  initImportPrivateKey: 400,
  initImportWallet: 400,
  updateRootQuorum: 400,
  'acceptInvitation for inviteeId': 403,
}

const others = ['another root organization', 'one below it', 'its own sub-organization'] as const

function nowhere(): Named {
  return {
    userId: randomUUID(),
    apiKeyId: randomUUID(),
    authenticatorId: randomUUID(),
    providerId: randomUUID(),
    userTagId: randomUUID(),
    walletId: randomUUID(),
    walletAccountId: randomUUID(),
    address: `0x${randomBytes(20).toString('hex')}`,
    privateKeyId: randomUUID(),
    privateKeyTagId: randomUUID(),
    policyId: randomUUID(),
    invitationId: randomUUID(),
    inviteeId: randomUUID(),
    activityId: randomUUID(),
    fingerprint: `sha256:${randomBytes(32).toString('hex')}`,
  }
}

type Real = Named & Pick<Furniture, 'organizationId'>

interface Trial {
  operation: Operation
  isExample: boolean
  params: (here: Real) => object
}

const trials = operations.flatMap((operation): Trial[] => [
  { operation, isExample: true, params: (here) => realParams(operation, here) },
  ...(MORE[operation.name] ?? []).map((more) => ({
    operation,
    isExample: false,
    params: (here: Real) => ({ ...realParams(operation, here), ...more(here) }),
  })),
])

/** What names an object, beside the organization itself: one object of each at a time. */
const naming = trials.flatMap((trial) => {
  const none = { ...nowhere(), organizationId: '' }
  const fields = (Object.keys(none) as (keyof typeof none)[]).filter((field) => {
    const other = { ...none, [field]: 'other' }
    return JSON.stringify(trial.params(none)) !== JSON.stringify(trial.params(other))
  })
  return fields
    .filter((field) => field !== 'organizationId')
    .map((field) => [trial.operation.name, field, trial] as const)
})

/** The paths of ids in a JSON schema, such as `users.userTags`. */
function idPaths(schema: z.core.JSONSchema._JSONSchema, path: string[] = []): string[] {
  if (typeof schema === 'boolean') return []
  const { properties = {}, items, anyOf = [], allOf = [], format } = schema
  return [
    ...(format === 'uuid' ? [path.join('.')] : []),
    ...Object.entries(properties).flatMap(([name, member]) => idPaths(member, [...path, name])),
    ...[items ?? [], anyOf, allOf].flat().flatMap((part) => idPaths(part, path)),
  ]
}

/** The paths at which `params` have `id`. */
function pathsOf(params: unknown, id: string, path: string[] = []): string[] {
  if (params === id) return [path.join('.')]
  if (Array.isArray(params)) return params.flatMap((item) => pathsOf(item, id, path))
  if (typeof params !== 'object' || params === null) return []
  return Object.entries(params).flatMap(([name, value]) => pathsOf(value, id, [...path, name]))
}

function paramsOf(operation: Operation): z.ZodType {
  return operation.kind === 'activity'
    ? (operation.versions[0]?.params ?? z.never())
    : operation.params
}

describe('of every operation', () => {
  test.each(operations.map((operation) => [operation.name, operation] as const))(
    'every id is tried: %s',
    (name, operation) => {
      const schema = z.toJSONSchema(paramsOf(operation), { io: 'input', unrepresentable: 'any' })
      const tried = naming
        .filter(([tried]) => tried === name)
        .flatMap(([, field, trial]) => {
          const here = { ...nowhere(), organizationId: '' }
          return pathsOf(trial.params(here), here[field])
        })
      const known = [...CURSORS, 'organizationId', ...tried]
      expect(idPaths(schema).filter((path) => !known.includes(path))).toEqual([])
    },
  )

  test('what names no object has no id', () => {
    expect(new Set(naming.map(([name]) => name)).size).toBeGreaterThan(35)
    const text = JSON.stringify(
      trials.map((trial) => trial.params({ ...nowhere(), organizationId: '' })),
    )
    expect(text).not.toContain('019a0000')
  })
})

/** The answer, but for the id of the activity that keeps a refusal. */
const plain = ({ status, text }: Answer) =>
  `${status} ${text.replaceAll(/"resourceName":"[0-9a-f-]{36}"/g, '"resourceName":""')}`

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let instance: Instance
  let own: Awaited<ReturnType<typeof createFamily>>
  let foreign: Awaited<ReturnType<typeof createFamily>>

  beforeAll(async () => {
    instance = await openInstance(engine)
    ;[own, foreign] = [await createFamily(instance, ''), await createFamily(instance, '')]
  })
  afterAll(() => instance.dispose())

  const organizationOf = (whose: (typeof others)[number]) =>
    ({
      'another root organization': foreign.top,
      'one below it': foreign.below,
      'its own sub-organization': own.below,
    })[whose]

  function send({ operation, params }: Trial, { here, invitee, root }: Organization, named: Named) {
    const { organizationId } = here
    const body = bodyFor(operation, organizationId, params({ ...named, organizationId }))
    const key = operation.caller === 'invitee' ? invitee : root.key
    return ask(instance, operation, { key, body })
  }

  describe.each(naming)('%s for %s', (name, field, trial) => {
    test.each(others)('finds nothing of %s', async (whose) => {
      const sendWith = (id: string) => send(trial, own.top, { ...own.top.here, [field]: id })
      const answer = await sendWith(organizationOf(whose).here[field])
      expect(answer).toMatchObject({ status: ELSE[`${name} for ${field}`] ?? ELSE[name] ?? 404 })
      expect(plain(answer)).toBe(plain(await sendWith(nowhere()[field])))
    })
  })

  const forInvitee = trials.filter(({ operation }) => operation.caller === 'invitee')

  test.each(others)('an invitation to %s opens nothing here', async (whose) => {
    expect(forInvitee).toHaveLength(2)
    const { invitee, here } = organizationOf(whose)
    for (const trial of forInvitee) {
      const answer = await send(trial, { ...own.top, invitee }, here)
      expect(answer).toMatchObject({ status: 401, json: { code: 16 } })
    }
  })

  test('what is refused there is found at home', async () => {
    const harmless = trials
      .filter(({ operation, isExample }) => operation.kind === 'query' || !isExample)
      .filter(({ operation }) => !UNMET.includes(operation.name))
    for (const trial of harmless) {
      const answer = await send(trial, foreign.top, foreign.top.here)
      expect(answer, `${trial.operation.name}: ${answer.text}`).toMatchObject({ status: 200 })
    }
  })
})
