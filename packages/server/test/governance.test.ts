// What the host may set, and what it may not: checked before anything is written.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../tests/support/client.ts'
import { freeze, type LimitValue, setLimits } from '../src/host/governance.ts'
import { adminClient } from './support/client.ts'
import { engines, type Instance, openInstance } from './support/instance.ts'

describe.each(engines)('limits on %s', (engine) => {
  let instance: Instance
  let below = ''
  beforeAll(async () => {
    instance = await openInstance(engine)
    const made = await adminClient(instance.app, instance.admin).submit(
      'create_sub_organization',
      {
        subOrganizationName: 'below',
        rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(generateKey())] }],
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V7',
    )
    below = made.at('activity.result.createSubOrganizationResultV7.subOrganizationId')
  })
  afterAll(() => instance.dispose())

  const stored = async (organizationId: string) => {
    const sql = 'select limits from organization where organization_id = ?u'
    const rows = await instance.rows<{ limits: string | null }>(sql, organizationId)
    return JSON.parse(rows[0]?.limits ?? 'null') as unknown
  }

  test.each<[string, LimitValue, RegExp]>([
    ['users', 1_000_000_001, /^`users` must be an integer from 0 to 1000000000, or `default`$/],
    ['users', -1, /^`users` must be an integer/],
    ['users', 1.5, /^`users` must be an integer/],
    ['users', 'unlimited', /^`users` must be an integer/],
    ['nothing', 1, /^there is no limit `nothing` here: the limits are privateKeys, wallets, users/],
    ['__proto__', 1, /^there is no limit `__proto__` here/],
    ['signaturesPerMonth', 1, /^there is no limit `signaturesPerMonth` here/],
    ['requestsPerMinute', 'unlimited', /^there is no limit `requestsPerMinute` here/],
  ])('of a sub-organization refuse %s=%s, and change nothing', async (name, value, message) => {
    const set = Object.fromEntries([['wallets', 1] as const, [name, value] as const])
    await expect(setLimits(instance.app, { organizationId: below, set })).rejects.toThrow(message)
    expect(await stored(below)).toBe(null)
  })

  test('of a root organization are merged, lifted and taken back', async () => {
    const { app, organizationId } = instance
    const set = (values: Record<string, LimitValue>) =>
      setLimits(app, { organizationId, set: values })
    await set({ users: 5, requestsPerMinute: 'unlimited', signaturesPerMonth: 7 })
    await set({ users: 'default', wallets: 0 })
    expect(await stored(organizationId)).toEqual({
      requestsPerMinute: null,
      signaturesPerMonth: 7,
      wallets: 0,
    })
  })

  test.each([
    ['an unknown id', '019a0000-0000-7000-8000-000000000009'],
    ['what is no id', 'acme'],
    ['the pseudo-organization', '00000000-0000-0000-0000-000000000000'],
  ])('and freezing refuse %s', async (_, organizationId) => {
    const message = `there is no organization ${organizationId}`
    const { app } = instance
    await expect(setLimits(app, { organizationId, set: { users: 1 } })).rejects.toThrow(message)
    await expect(freeze(app, { organizationId, frozen: true })).rejects.toThrow(message)
  })

  test('apart, freezing everything reaches organizations made later, and leaves what was frozen alone', async () => {
    const { app } = instance
    const first = adminClient(app, instance.admin)
    const other = adminClient(app, await instance.createOrganization('other'))
    await setLimits(app, { organizationId: first.organizationId, set: { wallets: 'default' } })
    await freeze(app, { organizationId: other.organizationId, frozen: true })
    expect(await freeze(app, { organizationId: null, frozen: true })).toBe(2)
    const late = adminClient(app, await instance.createOrganization('late'))
    const statuses = async (walletName: string) => {
      const made = [first, other, late].map((client) =>
        client.submit('create_wallet', { walletName, accounts: [] }),
      )
      return (await Promise.all(made)).map(({ status }) => status)
    }
    expect(await statuses('stopped')).toEqual([403, 403, 403])
    expect(await freeze(app, { organizationId: null, frozen: false })).toBe(3)
    expect(await statuses('again')).toEqual([200, 403, 200])
    await freeze(app, { organizationId: other.organizationId, frozen: false })
    expect(await statuses('all')).toEqual([200, 200, 200])
    await setLimits(app, { organizationId: first.organizationId, set: { wallets: 0 } })
  })

  test('of a request that was decided before are decided anew', async () => {
    const other = await instance.openApp()
    const admin = adminClient(instance.app, instance.admin)
    expect(
      (await admin.submit('create_wallet', { walletName: 'before', accounts: [] })).status,
    ).toBe(429)
    const { organizationId } = instance
    // Set through another process: this one still has the organization as it was.
    await setLimits(other, { organizationId, set: { wallets: 9 } })
    expect(
      (await admin.submit('create_wallet', { walletName: 'after', accounts: [] })).status,
    ).toBe(200)
    await freeze(other, { organizationId: null, frozen: true })
    expect((await admin.submit('create_wallet', { walletName: 'late', accounts: [] })).status).toBe(
      403,
    )
    await freeze(other, { organizationId: null, frozen: false })
    expect(await instance.problems()).toEqual([])
  })
})
