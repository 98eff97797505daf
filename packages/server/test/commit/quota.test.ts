// What the monthly signing quota counts, and when: each signature that is made, once, at that moment.
import { afterEach, describe, expect, test } from 'vitest'
import { writeUsage } from '../../src/app.ts'
import { setLimits } from '../../src/host/governance.ts'
import {
  adminClient,
  type AppClient,
  createWallet,
  formQuorum,
  signBody,
} from '../support/client.ts'
import { engines, type Instance, type InstanceOptions, openInstance } from '../support/instance.ts'

const DAY_MS = 24 * 3600 * 1000
const OVER = 'SIGNING_QUOTA_EXCEEDED'

describe.each(engines)('the signing quota on %s', (engine) => {
  let instance: Instance
  afterEach(() => instance.dispose())

  async function open(quota: number, options: InstanceOptions = {}) {
    instance = await openInstance(engine, options)
    const admin = adminClient(instance.app, instance.admin)
    const { address } = await createWallet(admin, 'signing')
    await allow(quota)
    return { admin, address }
  }

  const allow = (signaturesPerMonth: number) => {
    const { organizationId } = instance
    return setLimits(instance.app, { organizationId, set: { signaturesPerMonth } })
  }
  const charged = async () => {
    const rows = await instance.rows<{ signatures: number }>(
      'select signatures from signing_quota order by month',
    )
    return rows.map(({ signatures }) => signatures).filter((count) => count > 0)
  }
  const sign = (client: AppClient, signWith: string, payload: string) =>
    client.send('submit/sign_raw_payload', signBody(client, signWith, payload))
  const signAll = (client: AppClient, signWith: string, payloads: string[]) =>
    client.submit('sign_raw_payloads', {
      signWith,
      payloads,
      encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
      hashFunction: 'HASH_FUNCTION_KECCAK256',
    })

  test('counts each payload of a request, and makes all of its signatures or none', async () => {
    const { admin, address } = await open(5)
    expect((await signAll(admin, address, ['a', 'b', 'c'])).status).toBe(200)
    expect((await signAll(admin, address, ['d', 'e', 'f'])).at('turnkeyErrorCode')).toBe(OVER)
    expect(await charged()).toEqual([3])
    expect((await signAll(admin, address, ['d', 'e'])).status).toBe(200)
    expect((await sign(admin, address, 'g')).at('turnkeyErrorCode')).toBe(OVER)
    expect(await charged()).toEqual([5])
  })

  test('counts nothing that failed, was denied, or is known already', async () => {
    const { admin, address } = await open(1)
    const { client: other } = await admin.createUser('other')
    expect((await sign(other, address, 'denied')).status).toBe(403)
    expect((await sign(admin, 'nobody', 'failed')).status).toBe(404)
    expect(await charged()).toEqual([])
    const body = signBody(admin, address, 'once')
    const answers = await Promise.all(
      [1, 2, 3].map(() => admin.send('submit/sign_raw_payload', body)),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await charged()).toEqual([1])
  })

  test('counts what is held when it is signed, and keeps a vote out that it cannot pay', async () => {
    const { address } = await open(0)
    const [first, second] = await formQuorum(instance.app, instance.admin, {
      count: 2,
      threshold: 2,
    })
    if (first === undefined || second === undefined) throw new Error('no quorum')
    const held = await sign(first.client, address, 'held')
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    expect(await charged()).toEqual([])
    const fingerprint = held.at('activity.fingerprint')
    const body = second.client.body('APPROVE_ACTIVITY', { fingerprint })
    const refused = await second.client.send('submit/approve_activity', body)
    expect(refused).toMatchObject({ status: 429, json: { turnkeyErrorCode: OVER } })
    expect(await instance.count('vote')).toBe(0)
    await allow(1)
    const approved = await second.client.send('submit/approve_activity', body)
    expect(approved.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await charged()).toEqual([1])
    await writeUsage(instance.app)
    expect(await instance.rows('select signatures from usage_month')).toEqual([{ signatures: 1 }])
    expect(await instance.problems()).toEqual([])
  })

  test('begins anew with the next month', async () => {
    const { admin, address } = await open(2)
    expect((await signAll(admin, address, ['a', 'b'])).status).toBe(200)
    // The database's clock cannot be set: what was charged moves to the month before instead.
    await instance.tamper('update signing_quota set month = month - 1')
    expect((await signAll(admin, address, ['c', 'd'])).status).toBe(200)
    expect((await sign(admin, address, 'e')).at('turnkeyErrorCode')).toBe(OVER)
    expect(await charged()).toEqual([2, 2])
  })
})

test('a month ends in UTC, and Retry-After says when', async () => {
  let nowMs = Date.UTC(2027, 0, 31, 23, 59, 50)
  const instance = await openInstance('sqlite', { clock: { now: () => nowMs } })
  try {
    const admin = adminClient(instance.app, instance.admin)
    const at = (payload: string, signWith: string) =>
      admin.body(
        'SIGN_RAW_PAYLOAD_V2',
        {
          signWith,
          payload,
          encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
          hashFunction: 'HASH_FUNCTION_KECCAK256',
        },
        nowMs,
      )
    const account = {
      curve: 'CURVE_SECP256K1',
      pathFormat: 'PATH_FORMAT_BIP32',
      path: "m/44'/60'/0'/0/0",
      addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
    }
    const wallet = admin.body('CREATE_WALLET', { walletName: 'w', accounts: [account] }, nowMs)
    const made = await admin.send('submit/create_wallet', wallet)
    const address = made.at('activity.result.createWalletResult.addresses.0')
    const { organizationId } = instance
    await setLimits(instance.app, { organizationId, set: { signaturesPerMonth: 1 } })
    const send = (body: string) => admin.send('submit/sign_raw_payload', body)
    expect((await send(at('january', address))).status).toBe(200)
    const second = at('again', address)
    expect((await send(second)).retryAfter).toBe(10)
    nowMs += 9999
    expect((await send(second)).retryAfter).toBe(1)
    nowMs += 1
    expect((await send(second)).status).toBe(200)
    nowMs += 28 * DAY_MS - 1
    expect((await send(at('february', address))).retryAfter).toBe(1)
    await writeUsage(instance.app)
    expect(
      await instance.rows('select month, activities, signatures from usage_month order by month'),
    ).toEqual([
      { month: 202701, activities: 2, signatures: 1 },
      { month: 202702, activities: 1, signatures: 1 },
    ])
  } finally {
    await instance.dispose()
  }
})
