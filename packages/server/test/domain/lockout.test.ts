// Every sequence of up to six credential and quorum operations in a small organization, by the real
// rules: none leaves it to nobody, unless its root quorum decided so.
import { generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import { expect, test } from 'vitest'
import { makePasskey } from '../../../../tests/support/webauthn.ts'
import { AppError } from '../../src/errors.ts'
import { createApiKeys } from '../../src/family/turnkey/activity/createApiKeys.ts'
import { deleteApiKeys } from '../../src/family/turnkey/activity/deleteApiKeys.ts'
import { deleteUsers } from '../../src/family/turnkey/activity/deleteUsers.ts'
import { updateRootQuorum } from '../../src/family/turnkey/activity/updateRootQuorum.ts'
import type { ActivityOperation } from '../../src/operation/operation.ts'
import type { Row } from '../../src/store/engine.ts'
import { type DecidedBy, decide } from '../../src/domain/authority/decide.ts'
import type { CoveredRows } from '../../src/domain/organization/covered.store.ts'
import type { Snapshot, User } from '../../src/domain/organization/model.ts'
import { planRootQuorum } from '../../src/domain/organization/quorum.ts'
import { snapshotFromRows } from '../../src/domain/organization/rows.ts'
import { planPasskeys } from '../../src/domain/passkey/passkey.ts'
import { planUserDeletion } from '../../src/domain/user/change.ts'
import { isLive, planApiKeys } from '../../src/domain/credential/apiKey.ts'
import {
  type CredentialKind,
  planCredentialDeletion,
} from '../../src/domain/credential/deletion.ts'
import { ALLOWS_ALL, BY_OWN_USER, BY_POLICY, BY_ROOT_QUORUM } from './lockoutOutcomes.ts'

const DEPTH = 6
const PASSKEY_KEY = makePasskey().publicKey
const ORGANIZATION = 'organization'
const NOW = 1000
const PAST = 500

/** The credentials that each user may have: lasting keys, keys that expire, and a passkey. */
const SLOTS = {
  'A key': { userId: 'A', kind: 'apiKey', expirationSeconds: null },
  'A short': { userId: 'A', kind: 'apiKey', expirationSeconds: '60' },
  'B passkey': { userId: 'B', kind: 'passkey', expirationSeconds: null },
  'B short': { userId: 'B', kind: 'apiKey', expirationSeconds: '60' },
  'C key': { userId: 'C', kind: 'apiKey', expirationSeconds: null },
} as const satisfies Record<string, Slot>

interface Slot {
  userId: string
  kind: CredentialKind
  expirationSeconds: string | null
}

const publicKeys = new Map(
  Object.keys(SLOTS).map((id) => [
    id,
    publicKeyOf('ed25519', generatePrivateKey('ed25519')).toString('hex'),
  ]),
)

/** Everything that is stored, and whether the quorum has given up its lasting credentials. */
interface State {
  rows: CoveredRows
  organization: Snapshot
  knowingly: boolean
}

/** What somebody may ask for: as which operation, and what the rules make of it. */
interface Step {
  name: string
  operation: ActivityOperation
  params: object
  apply(state: State, by: DecidedBy): CoveredRows
}

const snapshots = new Map<string, Snapshot>()

function stateOf(rows: CoveredRows, knowingly: boolean): State {
  const key = keyOf(rows)
  const organization = snapshots.get(key) ?? {
    ...snapshotFromRows(rows.organization[0] ?? {}, rows),
    revision: 1,
    keyVersion: 1,
  }
  snapshots.set(key, organization)
  return { rows, organization, knowingly }
}

function keyOf(rows: CoveredRows): string {
  const users = rows.users.map((row) => [row['id'], row['is_root']])
  const keys = rows.apiKeys
    .map((row) => `${String(row['id'])} ${row['expires_ms'] === PAST}`)
    .sort()
  const passkeys = rows.passkeys.map((row) => row['id'])
  return JSON.stringify([
    rows.policies.length,
    users,
    keys,
    passkeys,
    rows.organization[0]?.['root_threshold'],
  ])
}

function start(policies: Row[], members: string[], rootThreshold: number): State {
  const organization = {
    organization_id: ORGANIZATION,
    name: ORGANIZATION,
    parent_id: null,
    root_threshold: rootThreshold,
    features: null,
    limits: null,
    frozen: null,
    deleted_ms: null,
    created_ms: 1,
  }
  const users = ['A', 'B', 'C'].map((id) => userRow(id, members.includes(id)))
  const empty = { apiKeys: [], passkeys: [], oidcIdentities: [], tags: [], invitations: [] }
  const rows = {
    organization: [organization],
    users,
    wallets: [],
    privateKeys: [],
    policies,
    ...empty,
  }
  const filled = Object.keys(SLOTS).reduce<CoveredRows>(
    (before, id) => create(id).apply(stateOf(before, false), 'rootQuorum'),
    rows,
  )
  return stateOf(filled, false)
}

function userRow(id: string, isRoot: boolean): Row {
  const blank = { email: null, email_verified: null, phone: null, phone_verified: null, tags: null }
  const times = { created_ms: 1, updated_ms: 1 }
  return {
    organization_id: ORGANIZATION,
    id,
    name: id,
    is_root: isRoot ? 1 : 0,
    ...blank,
    ...times,
  }
}

function create(id: string): Step {
  const slot: Slot = SLOTS[id as keyof typeof SLOTS]
  const { userId } = slot
  const context = { organizationId: ORGANIZATION, userId, nowMs: NOW, newId: () => id }
  const publicKey = publicKeys.get(id) ?? ''
  return {
    name: 'create',
    operation: createApiKeys,
    params: { userId },
    apply({ rows, organization }) {
      if (!organization.users.has(userId)) throw new AppError('USER_NOT_FOUND')
      if (slot.kind === 'passkey') {
        const passkey = {
          name: id,
          rpIdHash: Buffer.alloc(32),
          credentialId: Buffer.from(id),
          publicKey: PASSKEY_KEY,
          attestationFormat: 'none',
          aaguid: '',
          transports: [],
        }
        const made = planPasskeys({ ...context, organization, passkeys: [passkey] })
        return { ...rows, passkeys: [...rows.passkeys, ...made] }
      }
      const key = { name: id, publicKey, curve: 'ed25519' as const, ...slot }
      const made = planApiKeys({ ...context, organization, keys: [key] })
      return { ...rows, apiKeys: [...without(rows.apiKeys, made.evicted), ...made.rows] }
    },
  }
}

const TABLE = { apiKey: 'apiKeys', passkey: 'passkeys', oidcIdentity: 'oidcIdentities' } as const

/** Passkeys are deleted by the same rule as API keys, and by whoever may delete those. */
function remove(id: string): Step {
  const { userId, kind } = SLOTS[id as keyof typeof SLOTS]
  return {
    name: 'delete credential',
    operation: deleteApiKeys,
    params: { userId },
    apply({ rows, organization }, decidedBy) {
      const plan = planCredentialDeletion({ organization, kind, userId, ids: [id], decidedBy })
      return { ...rows, [TABLE[kind]]: without(rows[TABLE[kind]], plan.ids) }
    },
  }
}

function removeUser(userId: string): Step {
  return {
    name: 'delete user',
    operation: deleteUsers,
    params: { userIds: [userId] },
    apply({ rows, organization }) {
      const deleted = planUserDeletion(organization, [userId]).map(({ id }) => id)
      const kept = (list: Row[]) => list.filter((row) => !deleted.includes(String(row['user_id'])))
      return {
        ...rows,
        users: without(rows.users, deleted),
        apiKeys: kept(rows.apiKeys),
        passkeys: kept(rows.passkeys),
      }
    },
  }
}

function setQuorum(threshold: number, userIds: string[]): Step {
  return {
    name: 'set quorum',
    operation: updateRootQuorum,
    params: { threshold, userIds },
    apply({ rows, organization }) {
      const plan = planRootQuorum(organization, { threshold, userIds })
      return {
        ...rows,
        organization: rows.organization.map((row) => ({ ...row, root_threshold: plan.threshold })),
        users: rows.users.map((row) => ({
          ...row,
          is_root: plan.userIds.includes(String(row['id'])) ? 1 : 0,
        })),
      }
    },
  }
}

function without(rows: readonly Row[], ids: readonly string[]): Row[] {
  return rows.filter((row) => !ids.includes(String(row['id'])))
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((sets, item) => [...sets, ...sets.map((set) => [...set, item])], [[]])
}

const quorums = subsets(['A', 'B', 'C']).flatMap((members) =>
  members.map((_, index) => setQuorum(index + 1, members)),
)

const steps: readonly Step[] = [
  ...Object.keys(SLOTS).flatMap((id) => [create(id), remove(id)]),
  ...['A', 'B', 'C'].map(removeUser),
  ...quorums,
]

const liveCredential = ({ apiKeys, passkeys }: User) =>
  [...apiKeys.filter((key) => isLive(key, NOW)), ...passkeys].at(0)

/** What a decision reads of a step. */
const authorityOf = ({ operation, params }: Step) =>
  `${operation.rootQuorumOnly} ${operation.parentMayAct !== false} ${operation.ownUser(params)}`

/** Everything by which anybody could get `step` allowed: alone, or with the votes of others. */
async function waysToDecide(
  { organization }: State,
  step: Step | undefined,
): Promise<Set<DecidedBy>> {
  if (step === undefined) return new Set()
  const { operation, params } = step
  const able = [...organization.users.values()].flatMap((user) => {
    const credential = liveCredential(user)
    const voter = { organizationId: ORGANIZATION, userId: user.id }
    return credential === undefined ? [] : [{ voter, credentialId: credential.id }]
  })
  const ways = new Set<DecidedBy>()
  for (const approvals of subsets(able)) {
    for (const { voter: submitter } of approvals) {
      const verdict = await decide({
        organization,
        targetId: ORGANIZATION,
        submitter,
        approvals,
        rootQuorumOnly: operation.rootQuorumOnly,
        parentMayAct: operation.parentMayAct !== false,
        ownUserId: operation.ownUser(params),
        contexts: () => Promise.resolve([{}]),
        signatures: 0,
        exceeded: new Set(),
      })
      if (verdict.kind === 'allow') ways.add(verdict.by)
    }
  }
  return ways
}

/** Root users for whom `holds`, against how many must agree. */
function reaches({ users, rootThreshold }: Snapshot, holds: (user: User) => boolean): boolean {
  const members = [...users.values()].filter(({ isRoot }) => isRoot)
  return members.filter(holds).length >= rootThreshold
}

/** Whether enough members can still prove who they are, at this moment. */
const canAct = (organization: Snapshot) =>
  reaches(organization, (user) => liveCredential(user) !== undefined)

/** Whether that stays so however much time passes. */
const isSecured = (organization: Snapshot) =>
  reaches(organization, ({ apiKeys, passkeys }) =>
    [...apiKeys.map(({ expiresMs }) => expiresMs), ...passkeys.map(() => null)].includes(null),
  )

function next(state: State, rows: CoveredRows, byQuorum: boolean): State {
  const after = stateOf(rows, false)
  const knowingly = !isSecured(after.organization) && (state.knowingly || byQuorum)
  return { ...after, knowingly }
}

/** Time passes for one key. */
function expirations(state: State): State[] {
  const { rows } = state
  return rows.apiKeys
    .filter((key) => Number(key['expires_ms']) > NOW)
    .map((expired) => {
      const apiKeys = rows.apiKeys.map((key) =>
        key === expired ? { ...key, expires_ms: PAST } : key,
      )
      return next(state, { ...rows, apiKeys }, false)
    })
}

interface Counts {
  states: number
  /** How often what happened, over all states and everybody who could ask. */
  outcomes: Record<string, number>
  /** States in which nobody can act, by decision of the quorum, and without one. */
  lockouts: { knowingly: number; otherwise: number }
}

/** @param rule by what the rules are told that something was allowed */
async function explore(policies: Row[], rule: (by: DecidedBy) => DecidedBy): Promise<Counts> {
  const counts: Counts = { states: 0, outcomes: {}, lockouts: { knowingly: 0, otherwise: 0 } }
  const seen = new Set<string>()
  let layer: State[] = []
  const meet = (state: State) => {
    const key = `${keyOf(state.rows)} ${state.knowingly}`
    if (seen.has(key)) return []
    seen.add(key)
    if (!canAct(state.organization)) {
      counts.lockouts[state.knowingly ? 'knowingly' : 'otherwise'] += 1
    }
    return [state]
  }
  const take = (state: State, step: Step, by: DecidedBy): State[] => {
    const outcome = attempt(state, step, rule(by))
    const what = typeof outcome === 'string' ? outcome : 'done'
    const name = `${step.name}, ${by}: ${what}`
    counts.outcomes[name] = (counts.outcomes[name] ?? 0) + 1
    return typeof outcome === 'string' ? [] : meet(next(state, outcome, by === 'rootQuorum'))
  }
  layer = [
    start(policies, ['A'], 1),
    start(policies, ['A', 'B'], 2),
    start(policies, ['A', 'B', 'C'], 2),
  ].flatMap(meet)
  for (let depth = 0; depth < DEPTH; depth++) {
    const reached: State[] = []
    for (const state of layer) {
      reached.push(...expirations(state).flatMap(meet))
      for (const alike of Map.groupBy(steps, authorityOf).values()) {
        const ways = [...(await waysToDecide(state, alike[0]))]
        reached.push(...ways.flatMap((by) => alike.flatMap((step) => take(state, step, by))))
      }
    }
    layer = reached
  }
  counts.states = seen.size
  return counts
}

/** The rows after `step`, or the code of its refusal. */
function attempt(state: State, step: Step, by: DecidedBy): CoveredRows | string {
  try {
    return step.apply(state, by)
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

test.each([
  ['without policies', [], BY_OWN_USER],
  ['with a policy that allows all', [ALLOWS_ALL], BY_POLICY],
])(
  'nobody but the root quorum can leave an organization to nobody, in six operations, %s',
  async (_, policies, outcomes) => {
    expect(await explore(policies, (by) => by)).toEqual({
      states: 1118,
      outcomes: { ...outcomes, ...BY_ROOT_QUORUM },
      lockouts: { knowingly: 429, otherwise: 0 },
    })
  },
)

test('without the rule about the last lasting credentials, somebody can', async () => {
  expect((await explore([], () => 'rootQuorum')).lockouts.otherwise).toBe(252)
})
