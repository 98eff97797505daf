// Requests that run under an organization's lock: what stays of them, and what they are decided on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBelow } from '../../../../tests/support/governance.ts'
import type { App } from '../../src/app.ts'
import { HeadWatch } from '../../src/domain/audit/headWatch.ts'
import { Directory } from '../../src/domain/organization/directory.ts'
import { AppError } from '../../src/errors.ts'
import type { Reader, Value } from '../../src/store/engine.ts'
import { adminClient, AppClient } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { unitOf } from '../support/units.ts'

describe.each(engines)('work under the lock on %s', (engine) => {
  let instance: Instance
  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())

  const writeThenThrow = (action: string, error: Error) =>
    instance.app.deps.underLock(instance.organizationId, async (locked) => {
      const outcome = await locked.submit(unitOf(instance.organizationId, action))
      expect(outcome.kind).toBe('committed')
      throw error
    })
  const entriesOf = async (action: string) =>
    (await instance.entries()).filter((entry) => entry.action === action)

  test('that is refused keeps its entry, and answers the refusal', async () => {
    const refusal = new AppError('NOT_AUTHORIZED')
    await expect(writeThenThrow('test.refused', refusal)).rejects.toBe(refusal)
    expect(await entriesOf('test.refused')).toHaveLength(1)
    expect(await instance.problems()).toEqual([])
  })

  test('that breaks leaves nothing', async () => {
    await expect(writeThenThrow('test.broken', new Error('a defect'))).rejects.toThrow('a defect')
    expect(await entriesOf('test.broken')).toEqual([])
    expect(await instance.problems()).toEqual([])
  })
})

describe('a sub-organization under its lock (PostgreSQL only: SQLite lets nobody write meanwhile)', () => {
  let instance: Instance
  let other: App
  beforeAll(async () => {
    instance = await openInstance('postgres')
    other = await instance.openApp()
  })
  afterAll(() => instance.dispose())

  /**
   * An app whose requests are always overtaken until they lock their organization, and which then
   * once runs `meanwhile` between two statements that read the parent.
   */
  function overtakenApp(meanwhile: () => Promise<void>): App {
    const { deps, store } = instance.app
    let due: boolean | undefined
    const interrupted = (reader: Reader): Reader => ({
      engine: reader.engine,
      all: (sql, ...params) => reader.all(sql, ...params),
      async one<R extends object>(sql: string, ...params: Value[]) {
        const row = await reader.one<R>(sql, ...params)
        const isParent = params[0] === instance.organizationId
        if (due === true && isParent && sql.includes('from organization_head')) {
          due = false
          await meanwhile()
        }
        return row
      },
    })
    const source: ConstructorParameters<typeof Directory>[0] = {
      reader: interrupted(store.reader),
      read: (work) => store.read((reader) => work(interrupted(reader))),
    }
    const overtaken: App['deps'] = {
      ...deps,
      directory: new Directory(source, deps.keyvault, new HeadWatch()),
      queue: { submit: () => Promise.resolve({ kind: 'again' }) },
      underLock(organizationId, work) {
        due ??= true
        return deps.underLock(organizationId, (locked) =>
          work({ ...locked, reader: interrupted(locked.reader) }),
        )
      },
    }
    return { ...instance.app, deps: overtaken }
  }

  test('is decided on one state of its parent, which another process changes', async () => {
    const admin = adminClient(instance.app, instance.admin)
    const { key, organizationId } = await createBelow(admin)
    const changed: number[] = []
    const app = overtakenApp(async () => {
      const body = admin.userBody('meanwhile')
      changed.push((await admin.through(other).send('submit/create_users', body)).status)
    })
    const below = new AppClient(app, key, organizationId)
    const made = await below.send('submit/create_users', below.userBody('under the lock'))
    expect([made.status, ...changed]).toEqual([200, 200])
    const named = await instance.rows<{ name: string }>(
      'select name from org_user where organization_id = ?u order by name',
      organizationId,
    )
    expect(named.map(({ name }) => name)).toEqual(['owner', 'under the lock'])
    expect(await instance.problems()).toEqual([])
  })
})
