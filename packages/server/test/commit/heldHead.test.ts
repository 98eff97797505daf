// One organization's head held by somebody else: only that organization waits.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../src/host/instance.ts'
import { adminClient, type AppClient, createWallet, signBody } from '../support/client.ts'
import { createPlace, type Instance, openInstance } from '../support/instance.ts'

const HELD_MS = 1000
const OTHERS = 3
const ROUNDS = 4

describe('a head held by another connection (PostgreSQL only: SQLite locks no rows)', () => {
  let instance: Instance
  let outside: pg.Client
  let held: { client: AppClient; address: string }
  const others: { client: AppClient; address: string }[] = []

  beforeEach(async () => {
    instance = await openInstance('postgres')
    const client = adminClient(instance.app, instance.admin)
    held = { client, address: (await createWallet(client, 'held')).address }
    others.length = 0
    for (let n = 0; n < OTHERS; n++) {
      const other = adminClient(instance.app, await instance.createOrganization(`other ${n}`))
      others.push({ client: other, address: (await createWallet(other, 'other')).address })
    }
    for (const { client: known } of [held, ...others]) await known.query('whoami')
    outside = new pg.Client(instance.config.databaseUrl ?? '')
    await outside.connect()
    await outside.query('begin')
    await outside.query('select seq from organization_head where organization_id = $1 for update', [
      instance.organizationId,
    ])
  })
  afterEach(async () => {
    await outside.end()
    await instance.dispose()
  })

  const sign = ({ client, address }: typeof held, payload: string) =>
    client.send('submit/sign_raw_payload', signBody(client, address, payload))

  /** Sends requests of all organizations; what finished, in order, with the moment of release. */
  async function race(heldRequests: () => Promise<{ status: number }>[]): Promise<string[]> {
    const finished: string[] = []
    const note = async (name: string, work: Promise<{ status: number }>) => {
      const { status } = await work
      finished.push(`${name} ${status}`)
    }
    const waiting = heldRequests().map((request) => note('held', request))
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(
        others.flatMap((other, n) => [
          note('other', sign(other, `signed ${n} ${round}`)),
          note(
            'other',
            other.client.createUser(`user ${n} ${round}`).then(() => ({ status: 200 })),
          ),
        ]),
      )
    }
    await sleep(HELD_MS)
    finished.push('released')
    await outside.query('commit')
    await Promise.all(waiting)
    return finished
  }

  const expected = (count: number) => [
    ...Array.from({ length: OTHERS * ROUNDS * 2 }, () => 'other 200'),
    'released',
    ...Array.from({ length: count }, () => 'held 200'),
  ]

  test('delays only the requests of its organization', async () => {
    const finished = await race(() => [
      sign(held, 'one'),
      sign(held, 'two'),
      held.client.createUser('three').then(() => ({ status: 200 })),
    ])
    expect(finished).toEqual(expected(3))
    expect(await instance.problems()).toEqual([])
  })

  test('lets its organization be read meanwhile', async () => {
    expect((await held.client.query('whoami')).status).toBe(200)
    expect((await held.client.query('list_activities')).status).toBe(200)
    await outside.query('commit')
  })

  test('delays only the requests of its organization, also when it has many', async () => {
    const many = Array.from({ length: 20 }, (_, n) => n)
    const finished = await race(() => many.map((n) => sign(held, `many ${n}`)))
    expect(finished).toEqual(expected(many.length))
    expect(await instance.problems()).toEqual([])
  })

  test('answers 503 to whom it leaves no connection in time, and the others when it is free', async () => {
    const more = await Promise.all(
      Array.from({ length: 8 - 1 - others.length }, async (_, n) => ({
        client: adminClient(instance.app, await instance.createOrganization(`more ${n}`)),
      })),
    )
    for (const { client } of [...others, ...more]) {
      await client.query('whoami')
      await outside.query(
        'select seq from organization_head where organization_id = $1 for update',
        [client.organizationId],
      )
    }
    const free = adminClient(instance.app, await createFree())
    await free.query('whoami')
    const create = (client: AppClient, name: string) =>
      client.submit('create_sub_organization', subOrganization(name), 'CREATE_SUB_ORGANIZATION_V8')
    // One of each: the eight connections for units that run alone.
    const waiting = [held, ...others, ...more].map(({ client }) => create(client, 'waits'))
    const refused = await create(free, 'no connection')
    expect(refused).toMatchObject({ status: 503, json: { code: 14 } })
    await outside.query('commit')
    const statuses = (await Promise.all(waiting)).map(({ status }) => status)
    expect(statuses).toEqual(statuses.map(() => 200))
    expect((await create(free, 'a connection')).status).toBe(200)
    expect(await instance.problems()).toEqual([])
  })

  const subOrganization = (subOrganizationName: string) => ({
    subOrganizationName,
    rootUsers: [{ userName: 'root' }],
    rootQuorumThreshold: 1,
  })

  /** An organization that was there before the heads were taken. */
  const createFree = () => instance.createOrganization('free')
})

test('a PostgreSQL that acknowledges commits before they are durable is refused', async () => {
  const place = await createPlace('postgres')
  const client = new pg.Client(place.databaseUrl)
  await client.connect()
  const open = () => openStore(place.configure(place.databaseUrl), { checkpoints: false })
  try {
    const name = new URL(place.databaseUrl).pathname.slice(1)
    await client.query(`alter database ${name} set synchronous_commit = off`)
    await expect(open()).rejects.toThrow('synchronous_commit = off')
    const tables = await client.query(
      `select 1 from information_schema.tables where table_schema = 'public'`,
    )
    expect(tables.rowCount).toBe(0)
    await client.query(`alter database ${name} reset synchronous_commit`)
    await (await open()).close()
  } finally {
    await client.end()
    await place.drop()
  }
})
