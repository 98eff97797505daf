// Every operation × everybody who may ask for it: what they are answered, and what it changes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../../../../tests/support/operations.ts'
import { operations } from '../../src/family/turnkey/operations.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { callers, type Expected, rows } from './rows.ts'
import { ask, bodyFor, realParams, Stages } from './world.ts'

/** What a refusal is on the wire. */
const REFUSED: Record<Exclude<Expected, 'allowed' | 'held'>, [number, number, string]> = {
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

/** What a successful answer says has become of the request. */
function outcomeOf(operation: Operation, answer: { at(path: string): string }): Expected {
  if (operation.kind === 'query') return 'allowed'
  const status = answer.at('activity.status')
  const polled = operation.kind === 'vote' ? ['COMPLETED', 'REJECTED'] : ['COMPLETED']
  if (polled.includes(status.replace('ACTIVITY_STATUS_', ''))) return 'allowed'
  expect(status).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
  return 'held'
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
      if (expected === 'allowed' || expected === 'held') {
        expect(answer, answer.text).toMatchObject({ status: 200 })
        expect(outcomeOf(operation, answer)).toBe(expected)
      } else {
        const [status, code, message] = REFUSED[expected]
        expect(answer, answer.text).toMatchObject({ status, json: { code, message } })
      }
      if (!changes) expect(await contents(here.organizationId)).toBe(before)
    })
  },
)
