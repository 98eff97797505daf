// Every operation × everybody who may ask for it: what they are answered, and what it changes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import { OPERATIONS } from '../../../../tests/support/operations.ts'
import { operations } from '../../src/family/turnkey/operations.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { callers, type Expected, rows } from './rows.ts'
import { ask, bodyFor, realParams, Stages } from './world.ts'

/** What everybody is told: the status, and what became of the request, or the code and message. */
const TOLD: Record<Expected, [number, number | string, string?]> = {
  allowed: [200, 'done'],
  held: [200, 'held'],
  denied: [403, 7, 'request not authorized'],
  unknown: [401, 16, 'could not find public key in organization or its parent organization'],
  expired: [401, 16, 'rpc error: code = Unauthenticated desc = expired api key publicKey'],
  unstamped: [
    401,
    16,
    'cannot authenticate public API activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)',
  ],
}

/** What every request may leave behind: the record of itself. */
const RECORDS = ['activity', 'audit_entry', 'organization_head', 'vote']

let instance: Instance
let stages: Stages
let aheadMs = 0

beforeAll(async () => {
  instance = await openInstance('sqlite', { clock: { now: () => Date.now() + aheadMs } })
  stages = new Stages(instance, (ms) => (aheadMs += ms))
})
afterAll(() => instance.dispose())

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

function told(operation: Operation, answer: Answer): unknown[] {
  if (answer.status !== 200) return [answer.status, answer.at('code'), answer.at('message')]
  if (operation.kind === 'query') return [200, 'done']
  const ended = operation.kind === 'vote' ? ['COMPLETED', 'REJECTED'] : ['COMPLETED']
  const status = answer.at('activity.status').replace('ACTIVITY_STATUS_', '')
  if (ended.includes(status)) return [200, 'done']
  return [200, status === 'CONSENSUS_NEEDED' ? 'held' : status]
}

test('every operation has its row, and every row its operation', () => {
  expect(operations).toHaveLength(OPERATIONS)
  expect(Object.keys(rows).sort()).toEqual(operations.map(({ name }) => name).sort())
})

describe.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s',
  (name, operation) => {
    const row = rows[name]
    if (row === undefined) return

    test.each(callers)('asked for by: %s', async (caller) => {
      const expected = row.expected[caller]
      const changes = expected === 'allowed' && operation.kind !== 'query'
      const { key, here } = await stages.scene(row, caller, { changes })
      const params = row.params?.(here) ?? realParams(operation, here)
      const body = bodyFor(operation, here.organizationId, params)
      const before = await contents(here.organizationId)
      const answer = await ask(instance, operation, { key, body })
      expect(told(operation, answer)).toEqual(TOLD[expected])
      expect(changes ? before : await contents(here.organizationId)).toBe(before)
    })
  },
)
