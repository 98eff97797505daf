// A SQLite database without room: 503 for what cannot be recorded, and everything else goes on.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, generateKey } from '../../../../tests/support/client.ts'
import { adminClient, AppClient, createWallet, signBody, type TestUser } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'

const AT_ONCE = 40
/** Longer than a page: it cannot fit into what is left of one. */
const PAYLOAD = 'x'.repeat(20_000)

/** How a database runs out of room, and how it gets room again. */
interface Shortage {
  begin(instance: Instance): Promise<void>
  end(instance: Instance): Promise<void>
}

const UNLIMITED = 2 ** 32 - 2

/** SQLITE_FULL: a limit of pages, set on the writing connection itself. */
const pages: Shortage = {
  async begin(instance) {
    const [size] = await instance.rows<{ page_count: number }>('pragma page_count')
    await setPagesMax(instance, size?.page_count ?? 1)
  },
  end: (instance) => setPagesMax(instance, UNLIMITED),
}

async function setPagesMax({ app }: Instance, count: number): Promise<void> {
  await app.store.write('alone', (tx) => tx.all(`pragma max_page_count = ${count}`))
}

/** A failing write: the operating system refuses to let the log grow beyond its present size. */
const fileSize: Shortage = {
  begin(instance) {
    const log = statSync(join(instance.config.dataDirectory, 'keystead.db-wal'))
    return limitFileSize(String(log.size))
  },
  end: () => limitFileSize('unlimited'),
}

/** The soft limit of this process: everything it writes to is shorter, but for the log. */
function limitFileSize(bytes: string): Promise<void> {
  const done = spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`])
  return done.status === 0 ? Promise.resolve() : Promise.reject(new Error(String(done.stderr)))
}

/** What the Turnkey family says when something cannot be stored. */
const FULL = {
  status: 503,
  json: {
    code: 14,
    message: 'the server cannot store this request at the moment',
    details: [],
    turnkeyErrorCode: '',
  },
}

describe.each([
  ['pages (SQLite only: PostgreSQL has its own disk)', pages],
  ['file size (SQLite only: PostgreSQL has its own disk)', fileSize],
])('a database without room by %s', (_, shortage) => {
  let instance: Instance
  let admin: AppClient
  let member: TestUser
  let address: string

  beforeEach(async () => {
    instance = await openInstance('sqlite')
    admin = adminClient(instance.app, instance.admin)
    member = await admin.createUser('member')
    address = (await createWallet(admin, 'full')).address
    await shortage.begin(instance)
  })
  afterEach(async () => {
    await shortage.end(instance)
    await instance.dispose()
  })

  const sign = (client: AppClient, payload: string) =>
    client.send('submit/sign_raw_payload', signBody(client, address, payload))
  const stored = async (answers: Answer[]) => {
    const ids = answers.map((answer) => answer.at('activity.id'))
    const rows = await instance.rows<{ id: string }>('select id from activity')
    return ids.filter((id) => rows.some((row) => row.id === id)).length
  }

  test('answers 503 in the shape of the family, and stores nothing', async () => {
    const before = [await instance.count('activity'), (await instance.entries()).length] as const
    expect(await sign(admin, PAYLOAD)).toMatchObject(FULL)
    expect(
      await admin.submit('create_wallet', { walletName: 'none', accounts: manyAccounts() }),
    ).toMatchObject(FULL)
    expect(await instance.count('activity')).toBe(before[0])
    // The entry of a refusal is short: it may still find a place.
    const entries = (await instance.entries()).slice(before[1])
    expect(entries.filter(({ outcome }) => outcome !== 'failed')).toEqual([])
    expect(await instance.rows(`select id from wallet where name = 'none'`)).toEqual([])
    expect(await instance.problems()).toEqual([])
  })

  test('answers 503 also where it would have denied', async () => {
    expect(await sign(member.client, PAYLOAD)).toMatchObject(FULL)
  })

  test('answers queries, and strangers, as ever', async () => {
    const before = (await instance.entries()).length
    expect(await sign(admin, PAYLOAD)).toMatchObject(FULL)
    expect(await admin.query('whoami')).toMatchObject({ status: 200 })
    expect((await admin.query('list_activities')).status).toBe(200)
    const stranger = new AppClient(instance.app, generateKey(), admin.organizationId)
    expect(await sign(stranger, PAYLOAD)).toMatchObject({ status: 401, json: { code: 16 } })
    const counted = instance.app.deps.refusals.take().map(({ audit }) => audit.payload['reason'])
    expect(counted).toContain('PUBLIC_KEY_NOT_IN_ORGANIZATION')
    // The refused request is on record, or waits in memory for the next summary.
    const recorded = (await instance.entries()).length - before
    expect(recorded + Number(counted.includes('UNAVAILABLE'))).toBe(1)
  })

  test('has nothing without its audit entry, whatever still fits', async () => {
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) =>
        sign(admin, index % 4 === 0 ? `${index}${PAYLOAD}` : `short ${index}`),
      ),
    )
    const accepted = answers.filter(({ status }) => status === 200)
    for (const refused of answers.filter(({ status }) => status !== 200))
      expect(refused).toMatchObject(FULL)
    expect(accepted.length).toBeLessThan(AT_ONCE)
    expect(await stored(accepted)).toBe(accepted.length)
    const activities = await instance.rows(
      `select id from activity where type = 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2'`,
    )
    expect(activities).toHaveLength(accepted.length)
    expect(await instance.problems()).toEqual([])
  })

  test('works again with room, also for the very same body', async () => {
    const body = signBody(admin, address, PAYLOAD)
    expect(await admin.send('submit/sign_raw_payload', body)).toMatchObject(FULL)
    await shortage.end(instance)
    expect((await admin.send('submit/sign_raw_payload', body)).status).toBe(200)
    const made = await admin.createUser('after')
    expect((await made.client.query('whoami')).status).toBe(200)
    expect(await instance.problems()).toEqual([])
  })
})

function manyAccounts() {
  return Array.from({ length: 60 }, (_, index) => ({
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: `m/44'/60'/0'/0/${index}`,
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  }))
}
