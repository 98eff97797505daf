// What rotation refuses, and what it leaves as it is.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyVersionOf } from '../../src/domain/keyvault/dataKeys.ts'
import { readProgress, rekey, rotateDataKeys } from '../../src/host/rotation.ts'
import { accountParams } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { expectComplete, furnish, rotationOfApp } from './furnished.ts'
import { openByFile } from './opened.ts'

const MINUTE_MS = 60_000

let instance: Instance
let laterMs: number
const clock = { now: () => Date.now() + laterMs }

beforeEach(async () => {
  laterMs = 0
  instance = await openInstance('sqlite')
  await furnish(instance)
})
afterEach(() => instance.dispose())

const run = () => rotationOfApp(instance.app, clock).run()
async function complete(): Promise<void> {
  await run()
  laterMs += 2 * MINUTE_MS
  await run()
  await expectComplete(instance.app.store.reader)
}
const rotateOne = (organizationId = instance.organizationId) =>
  rotateDataKeys(instance.app, { organizationId })
async function versionsOf(): Promise<number[]> {
  const opened = await openByFile({ store: instance.app.store, config: instance.config })
  return opened.all.map(({ version }) => version)
}
const seedVersion = async () => {
  const [row] = await instance.rows<{ sealed: Buffer }>('select sealed from wallet_secret')
  return keyVersionOf(row?.sealed ?? Buffer.alloc(0))
}

test('the root key is not replaced again before the last replacement is complete', async () => {
  await rekey(instance.app)
  await expect(rekey(instance.app)).rejects.toThrow('being replaced already')
  await complete()
  expect(await rekey(instance.app)).toBe(3)
})

test('the root key is not replaced while a seal of the older form cannot be wrapped for', async () => {
  await instance.tamper(
    'update seal set public_key = null, auth_key = null where kind = ?',
    'recovery',
  )
  const [seal] = await instance.rows<{ id: string }>(`select id from seal where kind = 'recovery'`)
  await expect(rekey(instance.app)).rejects.toThrow(`the recovery seal ${seal?.id}`)
  expect(await versionsOf()).toEqual([1])
})

test('the root key is not wrapped for a seal whose public key somebody else put in', async () => {
  const [other] = await instance.rows<{ public_key: Buffer }>(
    `select public_key from seal where kind = 'file'`,
  )
  const forged = other?.public_key ?? Buffer.alloc(65)
  await instance.tamper(`update seal set public_key = ? where kind = 'recovery'`, forged)
  await expect(rekey(instance.app)).rejects.toThrow('changed from outside')
  expect(await versionsOf()).toEqual([1])
  expect(await instance.count('seal_wrap')).toBe(2)
})

test('a data key keeps the version that a row which does not open may need', async () => {
  await instance.tamper(
    `update wallet_account set mac = ? where path = ?`,
    Buffer.alloc(32, 1),
    accountParams(1).path,
  )
  await rotateOne()
  await run()
  laterMs += 2 * MINUTE_MS
  await run()
  const { dataKeys } = await readProgress(instance.app.store.reader)
  expect(dataKeys).toEqual({ toRotate: 0, toRewrap: 1 })
  expect(await instance.count('organization_key')).toBe(4)
  // What does open is under the new one.
  expect(await seedVersion()).toBe(2)
})

test('the data key of an organization that is not there cannot be rotated', async () => {
  await expect(rotateOne('019a0000-0000-7000-8000-00000000dead')).rejects.toThrow(
    'there is no organization',
  )
})
