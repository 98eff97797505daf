// Two processes serve requests while data keys and the root key are replaced: nothing fails.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { invitationParams } from '../../../../tests/support/invitee.ts'
import type { App } from '../../src/app.ts'
import { readProgress, rekey, rotateDataKeys } from '../../src/host/rotation.ts'
import { accountParams, adminClient, type AppClient, signBody } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { type Furniture, furnish, readEverything, rotationOfApp } from './furnished.ts'
import { openByFile } from './opened.ts'

const MINUTE_MS = 60_000
const ROTATIONS = 2
const ANSWERS_MIN = 50
/** Of each process: below what an organization may have. */
const WALLETS_MAX = 30

describe.each(engines)('under load on %s', (engine) => {
  let instance: Instance
  let furniture: Furniture
  let laterMs = 0
  const clock = { now: () => Date.now() + laterMs }

  beforeEach(async () => {
    instance = await openInstance(engine, { clock })
    furniture = await furnish(instance)
  })
  afterEach(() => instance.dispose())

  test('nothing fails while keys are replaced, and everything is readable then', async () => {
    const apps = [await instance.openApp(), await instance.openApp()]
    let running = true
    const answers: Answer[] = []
    // A slow machine goes on until the load was one.
    const isLoading = () => running || answers.length <= ANSWERS_MIN
    const loads = apps.map((app, n) => load(app, `${n}`, { running: isLoading, answers }))
    for (let round = 0; round < ROTATIONS; round++) {
      const [first, second] = apps as [App, App]
      await rotateDataKeys(first, { organizationId: instance.organizationId })
      await rekey(second)
      await rotateDataKeys(second, { organizationId: null })
      await runJobs(apps)
      await letOldKeysGo(apps)
    }
    running = false
    await Promise.all(loads)
    // What was under way in the last rounds, too.
    await letOldKeysGo(apps)
    const failures = answers.filter(({ status }) => status !== 200).map(({ text }) => text)
    expect(failures).toEqual([])
    expect(answers.length).toBeGreaterThan(ANSWERS_MIN)
    expect(await readProgress(instance.app.store.reader)).toEqual({
      rootKey: { version: 1 + ROTATIONS, dataKeysLeft: 0, replacing: false },
      dataKeys: { toRotate: 0, toRewrap: 0 },
    })
    await everyWalletSigns()
    // The mail of the load is as readable as the first.
    await instance.tamper(`delete from outbox where lane = 'mail' and seq > ?`, furniture.mailSeq)
    await readEverything(instance, furniture, await restarted())
  })

  async function runJobs(apps: readonly App[]): Promise<void> {
    for (const app of apps) await rotationOfApp(app, clock, String(apps.indexOf(app))).run()
  }

  async function letOldKeysGo(apps: readonly App[]): Promise<void> {
    for (let round = 0; round < 2; round++) {
      laterMs += 2 * MINUTE_MS
      await runJobs(apps)
    }
  }

  async function restarted(): Promise<App> {
    const { app, config } = instance
    return instance.openWith(await openByFile({ store: app.store, config }))
  }

  /** Everything that seals something, over and over. */
  async function load(
    app: App,
    name: string,
    { running, answers }: { running: () => boolean; answers: Answer[] },
  ): Promise<void> {
    const client = adminClient(app, instance.admin)
    const [address = '', , keyId = ''] = furniture.signers
    const listed = await client.query('list_wallets')
    const walletId = listed.at('wallets.0.walletId')
    for (let n = 0; running(); n++) {
      const accounts = [accountParams(1000 * (Number(name) + 1) + n)]
      const work = [
        client.send('submit/sign_raw_payload', signBody(client, address, `${name} ${n}`)),
        client.send('submit/sign_raw_payload', signBody(client, keyId, `${name} ${n}`)),
        client.submit('create_wallet_accounts', { walletId, accounts }),
        client.query('list_wallet_accounts'),
      ]
      if (n < WALLETS_MAX) work.push(...some(client, `${name} ${n}`))
      answers.push(...(await Promise.all(work)))
    }
  }

  function some(client: AppClient, name: string): Promise<Answer>[] {
    const receiverUserEmail = `${name.replace(' ', '.')}@example.org`
    const invitations = [invitationParams(instance.admin.userId, { receiverUserEmail })]
    const rootUsers = [{ userName: 'root', apiKeys: [apiKeyParams(generateKey())] }]
    const below = { subOrganizationName: name, rootUsers, rootQuorumThreshold: 1 }
    const walletName = `wallet ${name}`
    return [
      client.submit('create_wallet', { walletName, accounts: [accountParams(0)] }),
      client.submit('create_invitations', { invitations }),
      client.submit('create_sub_organization', below, 'CREATE_SUB_ORGANIZATION_V8'),
    ]
  }

  async function everyWalletSigns(): Promise<void> {
    const client = adminClient(await restarted(), instance.admin)
    const rows = await instance.rows<{ address: string }>(
      'select distinct address from wallet_account where path = ?',
      accountParams(0).path,
    )
    expect(rows.length).toBeGreaterThan(2)
    for (const { address } of rows) {
      const body = signBody(client, address, 'afterwards')
      expect((await client.send('submit/sign_raw_payload', body)).status).toBe(200)
    }
  }
})
