// Rows changed past the server, by SQL: refused or found, and no other organization is disturbed.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Admin } from '@keystead/server/commands'
import {
  adminKey,
  type Answer,
  apiKeyParams,
  generateKey,
  TestClient,
  type TestKey,
} from '../support/client.ts'
import { type Ended, keystead } from '../support/command.ts'
import {
  type Cell,
  type Cells,
  type Database,
  numberOf,
  withDatabase,
} from '../support/database.ts'
import { Workload } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const cases = engines.flatMap((engine) =>
  (['running', 'stopped'] as const).map((state) => ({ engine, state })),
)

describe.each(cases)('a $state instance on $engine', ({ engine, state }) => {
  let server: TestServer
  let target: TestClient
  let workload: Workload

  beforeAll(async () => {
    server = await startServer({ engine, workers: 2 })
  })
  afterAll(() => server.dispose())

  beforeEach(async () => {
    target = await createOrganization(server)
    workload = await Workload.prepare(target, seeded('tampering'))
    for (const kind of ['user', 'user', 'account', 'sign'] as const) {
      const { path, body } = workload.job(kind)
      await target.send(path, body)
    }
  })
  afterEach(() => assertOthersWork(server))

  /** Changes rows while the server runs, or while it does not. */
  async function tamper(change: (database: Database) => Promise<void>): Promise<void> {
    if (state === 'stopped') await server.end('SIGTERM')
    await withDatabase(server, change)
    if (state === 'stopped') await server.restart()
    target = new TestClient(server, target.key, target.organizationId)
  }

  const ours = (database: Database) => database.id(target.organizationId)

  test('refuses a credential that was inserted', async () => {
    const key = generateKey()
    await tamper((database) => insertKey(database, target.organizationId, key))
    const thief = new TestClient(server, key, target.organizationId)
    for (const send of [() => thief.query('whoami'), () => thief.submit(...userParams('thief'))]) {
      const answer = await send()
      // A process that has the organization in memory does not know the key.
      expect(state === 'stopped' ? [500] : [401, 500]).toContain(answer.status)
    }
    await assertWritesRefused(server, target)
  })

  test('refuses users whose rows were swapped', async () => {
    await tamper(async (database) => {
      const users = await database.all(
        'select id, name from org_user where organization_id = ? order by id',
        ours(database),
      )
      const [a, b] = users.slice(-2)
      const set = 'update org_user set name = ? where organization_id = ? and id = ?'
      expect(await database.run(set, b?.['name'] ?? '', ours(database), a?.['id'] ?? '')).toBe(1)
      expect(await database.run(set, a?.['name'] ?? '', ours(database), b?.['id'] ?? '')).toBe(1)
    })
    await assertWritesRefused(server, target)
  })

  test('refuses a quorum that was changed', async () => {
    await tamper(async (database) => {
      const sql = 'update organization set root_threshold = 0 where organization_id = ?'
      expect(await database.run(sql, ours(database))).toBe(1)
    })
    await assertWritesRefused(server, target)
  })

  test('finds an audit row that was changed', async () => {
    await tamper(async (database) => {
      const sql = `update audit_entry set outcome = 'denied' where organization_id = ? and seq = 2`
      expect(await database.run(sql, ours(database))).toBe(1)
    })
    const found = await verify(server)
    expect(found.stdout).toContain(`${target.organizationId} entry 2: the link does not`)
    expect(found.code).toBe(1)
  })

  test('finds an audit row that was deleted', async () => {
    await tamper(async (database) => {
      const sql = 'delete from audit_entry where organization_id = ? and seq = 3'
      expect(await database.run(sql, ours(database))).toBe(1)
    })
    const found = await verify(server)
    expect(found.stdout).toContain(`${target.organizationId} entry 4: expected entry 3`)
    expect(found.code).toBe(1)
  })

  test('finds the newest audit rows deleted', async () => {
    await checkpointed(server)
    await tamper(async (database) => {
      const sql = 'delete from audit_entry where organization_id = ? and seq >= 5'
      expect(await database.run(sql, ours(database))).toBeGreaterThan(0)
    })
    const found = await verify(server)
    expect(found.stdout).toMatch(new RegExp(`${target.organizationId} entry \\d+: .*truncated`))
    expect(found.code).toBe(1)
  })

  test.each(['address', 'path'])(
    'refuses to sign after the %s of accounts was swapped',
    async (column) => {
      await tamper((database) => swapAccounts(database, ours(database), column))
      const job = workload.job('sign')
      // A process may have the untouched account in memory: it signs with that, or refuses.
      const fresh = await firstRefusal(() =>
        target.submit(...signParams(workload.signWith, job.mark)),
      )
      if (state === 'stopped') await assertAlarm(server, fresh)
      await assertAlarm(server, await target.query('list_wallet_accounts'))
    },
  )

  test('refuses a head that was put back from an older copy', async () => {
    let copy: Cells = {}
    await withDatabase(server, async (database) => {
      const [row = {}] = await database.all(
        'select * from organization_head where organization_id = ?',
        ours(database),
      )
      copy = row
    })
    for (const kind of ['sign', 'user'] as const) {
      const { path, body } = workload.job(kind)
      expect(await target.send(path, body)).toMatchObject({ status: 200 })
    }
    await checkpointed(server)
    await tamper(async (database) => {
      const columns = Object.keys(copy)
      const sql = `update organization_head set ${columns.map((name) => `${name} = ?`).join(', ')}
        where organization_id = ?`
      expect(await database.run(sql, ...Object.values(copy), ours(database))).toBe(1)
    })
    await assertWritesRefused(server, target)
  })
})

const userParams = (userName: string) =>
  [
    'create_users',
    { users: [{ userName, apiKeys: [apiKeyParams(generateKey())] }] },
    'CREATE_USERS_V4',
  ] as const

const signParams = (signWith: string, payload: string) =>
  [
    'sign_raw_payload',
    {
      signWith,
      payload,
      encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
      hashFunction: 'HASH_FUNCTION_SHA256',
    },
    'SIGN_RAW_PAYLOAD_V2',
  ] as const

/** A root organization of its own for each test, with its own first user. */
async function createOrganization(server: TestServer): Promise<TestClient> {
  const key = generateKey()
  const words = ['organizations', 'create', '--organization-name', 'Target', '--data', server.data]
  const made = await keystead([...words, '--api-public-key', key.publicKey], { env: server.env })
  expect(made).toMatchObject({ code: 0, stderr: '' })
  const { organizationId } = JSON.parse(made.stdout) as Admin
  return new TestClient(server, key, organizationId)
}

async function assertOthersWork(server: TestServer): Promise<void> {
  const client = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  for (let n = 0; n < 3; n++) {
    expect(await client.query('whoami')).toMatchObject({ status: 200 })
    expect(await client.submit(...userParams(`user ${n}`))).toMatchObject({ status: 200 })
  }
}

/** Waits until a checkpoint has everything that was written. */
async function checkpointed(server: TestServer): Promise<void> {
  await withDatabase(server, async (database) => {
    const dirty = 'select count(*) from organization_head where dirty = 1'
    const endMs = Date.now() + 10_000
    while ((await numberOf(database, dirty)) > 0) {
      if (Date.now() > endMs) throw new Error('no checkpoint came')
      await sleep(50)
    }
  })
}

function verify(server: TestServer): Promise<Ended> {
  return keystead(['audit', 'verify', '--data', server.data], { env: server.env })
}

/** 500 with an id, and the same id in a line of the log that calls for somebody. */
async function assertAlarm(server: TestServer, answer: Answer): Promise<void> {
  expect(answer).toMatchObject({ status: 500, contentType: 'application/json', json: { code: 13 } })
  const id = /^internal server error \(([0-9a-f-]{36})\)$/.exec(answer.at('message'))?.[1]
  expect(id).toBeDefined()
  const line = await logLine(server, id ?? '')
  expect(JSON.parse(line)).toMatchObject({ level: 'alarm', requestId: id })
}

/** The line reaches us by another way than the answer. */
async function logLine(server: TestServer, id: string): Promise<string> {
  const endMs = Date.now() + 2000
  for (;;) {
    const line = server
      .output()
      .split('\n')
      .find((text) => text.includes(id))
    if (line !== undefined) return line
    if (Date.now() > endMs) throw new Error(`no line of the log has ${id}:\n${server.output()}`)
    await sleep(20)
  }
}

/** Whoever wants to change the organization meets the change from outside, in every process. */
async function assertWritesRefused(server: TestServer, target: TestClient): Promise<void> {
  for (let n = 0; n < 4; n++) {
    await assertAlarm(server, await target.submit(...userParams(`late ${n}`)))
  }
}

/** The first answer that is not 200, or the last of some. */
async function firstRefusal(send: () => Promise<Answer>): Promise<Answer> {
  let answer = await send()
  for (let n = 0; n < 4 && answer.status === 200; n++) answer = await send()
  return answer
}

async function insertKey(database: Database, organizationId: string, key: TestKey): Promise<void> {
  // The first user's own key, once more, with another public key.
  const sql = `insert into api_key (organization_id, id, user_id, name, curve, public_key,
      expires_ms, expiration_seconds, created_ms, updated_ms)
    select organization_id, ?, id, 'back door', 'p256', ?, null, null, created_ms, updated_ms
    from org_user where organization_id = ? and is_root = 1`
  const id = database.id(randomUUID())
  const publicKey = Buffer.from(key.publicKey, 'hex')
  expect(await database.run(sql, id, publicKey, database.id(organizationId))).toBe(1)
}

/** Exchanges one column of the organization's first two accounts. */
async function swapAccounts(
  database: Database,
  organizationId: Cell,
  column: string,
): Promise<void> {
  const columns = column === 'address' ? ['address', 'address_key'] : ['path']
  const accounts = await database.all(
    'select * from wallet_account where organization_id = ? order by seq, n limit 2',
    organizationId,
  )
  const [a = {}, b = {}] = accounts
  const write = async (row: Cells, values: readonly Cell[]) => {
    const set = columns.map((name) => `${name} = ?`).join(', ')
    const sql = `update wallet_account set ${set} where organization_id = ? and id = ?`
    const where = [organizationId, row['id'] ?? null]
    expect(await database.run(sql, ...values, ...where)).toBe(1)
  }
  const valuesOf = (row: Cells) => columns.map((name) => row[name] ?? null)
  // By way of values that nobody has: the path is unique.
  await write(
    a,
    columns.map((name) => `${name} between`),
  )
  await write(b, valuesOf(a))
  await write(a, valuesOf(b))
}
