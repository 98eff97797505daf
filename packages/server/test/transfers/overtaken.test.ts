// An import whose key goes away between its decryption and its commit.
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminClient, type TestUser } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { encrypted, errorText, importWallet } from '../support/transfers.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'

let instance: Instance
let admin: TestUser

beforeAll(async () => {
  instance = await openInstance('postgres')
  admin = { client: adminClient(instance.app, instance.admin), userId: instance.admin.userId }
})
afterAll(() => instance.dispose())

/** Waits until a transaction of this database waits for a lock. */
async function untilSomebodyWaits(): Promise<void> {
  const waiting = `select count(*) as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  const isWaiting = async () => (await instance.rows<{ n: number }>(waiting))[0]?.n !== 0
  await expect.poll(isWaiting, { timeout: 20_000 }).toBe(true)
}

test('stores nothing, though nothing moved that it was decided on', async () => {
  const bundle = await encrypted(admin, 'wallet', MNEMONIC)
  const outside = new pg.Client(instance.config.databaseUrl ?? '')
  await outside.connect()
  await outside.query('begin')
  await outside.query('select seq from organization_head for update')
  const importing = importWallet(admin, bundle, 'overtaken')
  await untilSomebodyWaits()
  await outside.query('delete from import_key')
  await outside.query('commit')
  await outside.end()
  expect(errorText(await importing)).toMatch(/^no import is open for this user/)
  expect(await instance.count('wallet')).toBe(0)
  expect(await instance.problems()).toEqual([])
})
