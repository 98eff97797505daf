// Replacing the root key: every seal opens the new one, every process follows, and the old one goes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unwrapRow } from './wrapped.ts'
import { Keyvault } from '../../src/domain/keyvault/keyvault.ts'
import { RootKeys } from '../../src/domain/keyvault/rootKeys.ts'
import { readProgress, rekey, rotateDataKeys } from '../../src/host/rotation.ts'
import { INSTANCE_ID } from '../../src/platform/ids.ts'
import { adminClient, createWallet } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { type Furniture, furnish, readEverything, rotationOfApp } from './furnished.ts'
import { openByFile } from './opened.ts'

const MINUTE_MS = 60_000

describe.each(engines)('the root key on %s', (engine) => {
  let instance: Instance
  let furniture: Furniture
  let laterMs: number
  const clock = { now: () => Date.now() + laterMs }

  beforeEach(async () => {
    laterMs = 0
    instance = await openInstance(engine)
    furniture = await furnish(instance)
  })
  afterEach(() => instance.dispose())

  const run = (app = instance.app) => rotationOfApp(app, clock).run()
  async function complete(): Promise<void> {
    await run()
    laterMs += 2 * MINUTE_MS
    await run()
    expect((await readProgress(instance.app.store.reader)).rootKey).toMatchObject({
      dataKeysLeft: 0,
      replacing: false,
    })
  }
  const unsealed = () => openByFile({ store: instance.app.store, config: instance.config })
  const versionsOf = async () => (await unsealed()).all.map(({ version }) => version)

  test('opens with both until data keys are rewrapped, and then with the new one', async () => {
    expect(await rekey(instance.app)).toBe(2)
    expect(await versionsOf()).toEqual([1, 2])
    await complete()
    expect(await versionsOf()).toEqual([2])
    expect(await instance.rows('select version, handover from root_key')).toEqual([
      { version: 2, handover: null },
    ])
    expect(await instance.rows('select distinct root_version as v from seal_wrap')).toEqual([
      { v: 2 },
    ])
    await Keyvault.open(instance.app.store.reader, await unsealed())
    await readEverything(instance, furniture, await instance.openWith(await unsealed()))
  })

  test('that was replaced opens nothing any more', async () => {
    const [old] = (await unsealed()).all
    if (old === undefined) throw new Error('there is a root key')
    await rekey(instance.app)
    await complete()
    const rows = await instance.rows<Parameters<typeof unwrapRow>[1]>(
      'select organization_id, version, wrapped, root_version from organization_key',
    )
    expect(rows).toHaveLength(3)
    for (const row of rows) expect(() => unwrapRow(old, row)).toThrow('authentication failed')
    await expect(Keyvault.open(instance.app.store.reader, new RootKeys([old]))).rejects.toThrow(
      'does not open',
    )
  })

  test('is followed by processes that know only the old one', async () => {
    const idle = await instance.openApp()
    const late = await instance.openApp()
    await rekey(instance.app)
    // Its data keys are read anew: they name a root key that it has to take over.
    await run()
    await readEverything(instance, furniture, idle)
    await rotationOfApp(late, clock, 'late').run()
    await complete()
    await rotationOfApp(late, clock, 'late').run()
    expect(late.deps.keyvault.rootKeys.all.map(({ version }) => version)).toEqual([2])
    await readEverything(instance, furniture, late)
  })

  test('wraps nothing new once it is gone: who has yet to follow is asked to come again', async () => {
    const late = await instance.openApp()
    await readEverything(instance, furniture, late)
    await rekey(instance.app)
    await complete()
    const { organizationId } = instance
    await expect(rotateDataKeys(late, { organizationId })).rejects.toThrow('cannot store')
    expect(await instance.count('organization_key')).toBe(3)
    await readEverything(instance, furniture, await instance.openWith(await unsealed()))
  })

  test('is replaced while data keys are rotated', async () => {
    await rotateDataKeys(instance.app, { organizationId: null })
    await rekey(instance.app)
    await createWallet(adminClient(instance.app, instance.admin), 'meanwhile')
    await complete()
    laterMs += 2 * MINUTE_MS
    await run()
    expect(await instance.rows('select version, root_version from organization_key')).toEqual(
      Array.from({ length: 3 }, () => ({ version: 2, root_version: 2 })),
    )
    await readEverything(instance, furniture, await instance.openWith(await unsealed()))
  })

  test('is replaced with entries in the chain of the instance', async () => {
    await rekey(instance.app)
    await complete()
    const actions = (await instance.entries(INSTANCE_ID)).map(({ action }) => action)
    expect(actions.slice(-2)).toEqual(['root-key.replace', 'root-key.remove'])
    expect(await instance.problems()).toEqual([])
  })
})
