// Every operation × everybody who may ask for it: what they are answered, and what it changes.
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import { type Issuer, startIssuer } from '../../../../tests/support/oidcIssuer.ts'
import { OPERATIONS } from '../../../../tests/support/operations.ts'
import { createOrganization } from '../../src/family/turnkey/activity/createOrganization.ts'
import { createTurnkeyFamily } from '../../src/family/turnkey/turnkey.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { INSTANCE_ID } from '../../src/platform/ids.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { EMAIL, realParams } from './furniture.ts'
import { type Caller, callers, type Expected, type Row, rows } from './rows.ts'
import { ask, bodyFor, operations, type Scene, Stages } from './world.ts'

/** What everybody is told: the status, and what became of the request, or the code. */
const TOLD: Record<Expected, [number, number | string]> = {
  allowed: [200, 'done'],
  held: [200, 'held'],
  denied: [403, 7],
  elsewhere: [400, 3],
  unknown: [401, 16],
  expired: [401, 16],
  unstamped: [401, 16],
}

/** What every request may leave behind: the record of itself. */
const RECORDS = ['activity', 'audit_entry', 'organization_head', 'vote']

let instance: Instance
let issuer: Issuer
let stages: Stages
let aheadMs = 0

beforeAll(async () => {
  issuer = await startIssuer()
  instance = await openInstance('sqlite', {
    clock: { now: () => Date.now() + aheadMs },
    config: { oidc: { privateIssuers: [issuer.url], emailIssuers: [issuer.url] } },
  })
  const oidcToken = await issuer.signIn({ sub: 'member', email: EMAIL, email_verified: true })
  stages = new Stages(instance, { oidcToken, expire: (ms) => (aheadMs += ms) })
})
afterAll(async () => {
  await instance.dispose()
  await issuer.close()
})

/** What is no record of a request: all rows of an organization, and how many others there are. */
async function contents(organizationId: string): Promise<string> {
  const tables = await instance.rows<{ name: string }>(
    `select name from sqlite_master t where type = 'table' and exists
       (select 1 from pragma_table_info(t.name) where name = 'organization_id') order by name`,
  )
  const found: unknown[] = []
  for (const { name } of tables.filter((table) => !RECORDS.includes(table.name))) {
    const own = `select * from ${name} where organization_id = ?u`
    found.push(name, await instance.count(name), await instance.rows(own, organizationId))
  }
  return JSON.stringify(found)
}

/** Where the key was looked for. */
function unknownText(operation: Operation, row: Row, { isBelow }: Scene): string {
  if (operation.kind === 'query' && operation.findsCaller && !isBelow) {
    return 'public key could not be found in organization or its parent organization'
  }
  const looksAbove = isBelow || operation.caller === 'invitee' || row.target === 'instance'
  return `could not find public key in organization${looksAbove ? ' or its parent organization' : ''}`
}

/** The message of an error, without ids; undefined where there is none. */
function messageOf(expected: Expected, operation: Operation, unknown: string): string | undefined {
  const messages: Partial<Record<Expected, string>> = {
    denied: 'request not authorized',
    elsewhere:
      'organization mismatch: request is targeting organization ("id"), but voters are in organization ("id")',
    unknown,
    expired: 'rpc error: code = Unauthenticated desc = expired api key publicKey',
    unstamped:
      operation.kind === 'query'
        ? 'no valid authentication signature found for request'
        : 'cannot authenticate public API activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)',
  }
  return messages[expected]
}

function told(operation: Operation, answer: Answer): unknown[] {
  if (answer.status !== 200) {
    const message = answer.at('message').replaceAll(/[0-9a-f-]{36}/g, 'id')
    return [answer.status, answer.at('code'), message]
  }
  if (operation.kind === 'query') return [200, 'done', undefined]
  const ended = operation.kind === 'vote' ? ['COMPLETED', 'REJECTED'] : ['COMPLETED']
  const status = answer.at('activity.status').replace('ACTIVITY_STATUS_', '')
  if (ended.includes(status)) return [200, 'done', undefined]
  return [200, status === 'CONSENSUS_NEEDED' ? 'held' : status, undefined]
}

/** Whether it writes more than the record of itself, once it is allowed. */
function leavesSomething(operation: Operation): boolean {
  if (operation.kind === 'activity') return operation.changes !== 'nothing'
  return operation.kind === 'vote' && operation.selection === 'APPROVED'
}

const operationOf = (title: string) => title.split(' ', 1)[0] ?? ''

describe('the matrix', () => {
  test('has a row for every operation, and an operation for every row', () => {
    expect(operations).toHaveLength(OPERATIONS + 1)
    const known = new Set(Object.keys(rows).map(operationOf))
    expect([...known].sort()).toEqual(operations.map(({ name }) => name).sort())
  })

  test('says in every row about everybody', () => {
    expectTypeOf<keyof Row['expected']>().toEqualTypeOf<Caller>()
    type Incomplete = { [C in Caller]: Omit<Row['expected'], C> }[Caller]
    expectTypeOf<Extract<Incomplete, Row['expected']>>().toBeNever()
    for (const { expected } of Object.values(rows)) {
      expect(Object.keys(expected).sort()).toEqual([...callers].sort())
    }
  })

  test('lets somebody do everything', () => {
    const idle = Object.entries(rows).filter(
      ([, { expected }]) => !Object.values(expected).includes('allowed'),
    )
    expect(idle).toEqual([])
  })

  test('knows what no policy can open', () => {
    const closed = operations.filter((one) => one.kind === 'activity' && one.rootQuorumOnly)
    const said = Object.entries(rows).filter(([, row]) => row.rootQuorumOnly)
    expect(said.map(([title]) => operationOf(title)).sort()).toEqual(
      closed.map(({ name }) => name).sort(),
    )
  })
})

test('while sign-up is closed there is no such operation for anybody', () => {
  const { registry } = createTurnkeyFamily({ signUp: false })
  expect(registry.findByPath(createOrganization.path)).toBeUndefined()
  expect(registry.findByType('ACTIVITY_TYPE_CREATE_ORGANIZATION_V2')).toBeUndefined()
  expect(registry.operations).toHaveLength(OPERATIONS)
})

describe.each(Object.entries(rows))('%s', (title, row) => {
  const operation = operations.find(({ name }) => name === operationOf(title))
  if (operation === undefined) return

  test.each(callers)('asked for by: %s', async (caller) => {
    const expected = row.expected[caller]
    const changes = expected === 'allowed' && operation.kind !== 'query'
    const scene = await stages.scene(row, caller, { changes })
    const { key, here } = scene
    const organizationId = row.target === 'instance' ? INSTANCE_ID : here.organizationId
    const params = row.params?.(here) ?? realParams(operation, here)
    const body = bodyFor(operation, organizationId, params)
    const before = await contents(organizationId)
    const answer = await ask(instance, operation, { key, body })
    const unknown = unknownText(operation, row, scene)
    const message = messageOf(expected, operation, unknown)
    expect(told(operation, answer)).toEqual([...TOLD[expected], message])
    const isSame = (await contents(organizationId)) === before
    expect(isSame).toBe(!(changes && leavesSomething(operation)))
  })
})
