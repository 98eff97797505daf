// Policies with limits, as requests meet them: what they admit, what they deny, and who gets around.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serializeTransaction } from 'viem'
import type { Answer } from '../../../../tests/support/client.ts'
import {
  accountParams,
  adminClient,
  type AppClient,
  createWallet,
  formQuorum,
  signBody,
  type TestUser,
} from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const ETHER = 10n ** 18n
const DENIED = 'policy engine denied request explicitly'
const DAY = { rollingSeconds: '86400' }
const [ALICE, BOB] = [
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
] as const

const limitOf = (measure: string, per: string, max: string) => ({
  measure: `LIMIT_MEASURE_${measure}`,
  per: `LIMIT_PER_${per}`,
  window: DAY,
  max,
})

describe.each(engines)('a policy with limits on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  let user: TestUser
  let wallet: { walletId: string; address: string }

  beforeEach(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
    user = await admin.createUser('signer')
    wallet = await createWallet(admin, 'limited')
    await allow()
  })
  afterEach(() => instance.dispose())

  let policies = 0
  const createPolicy = async (policy: object): Promise<string> => {
    const body = { policyName: `policy ${policies++}`, ...policy }
    const made = await admin.submit('create_policy', body, 'CREATE_POLICY_V3')
    expect(made).toMatchObject({ status: 200 })
    return made.at('activity.result.createPolicyResult.policyId')
  }
  const allow = (consensus = 'true') =>
    createPolicy({ effect: 'EFFECT_ALLOW', consensus, condition: "activity.action == 'SIGN'" })
  const limit = (limits: object[], rest: object = {}) =>
    createPolicy({ effect: 'EFFECT_DENY', limits, ...rest })

  let payloads = 0
  const signRaw = (client = user.client, signWith = wallet.address) =>
    client.send('submit/sign_raw_payload', signBody(client, signWith, `payload ${payloads++}`))
  const signTransaction = (unsignedTransaction: string, signWith = wallet.address) =>
    user.client.submit(
      'sign_transaction',
      { signWith, unsignedTransaction, type: 'TRANSACTION_TYPE_ETHEREUM' },
      'SIGN_TRANSACTION_V2',
    )
  let nonce = 0
  const pay = (to: `0x${string}` | undefined, value: bigint, signWith = wallet.address) =>
    signTransaction(
      serializeTransaction({ chainId: 1, type: 'eip1559', nonce: nonce++, value, to }).slice(2),
      signWith,
    )
  const expectDenied = (answer: Answer) =>
    expect(answer).toMatchObject({ status: 403, json: { code: 7, message: DENIED } })
  const expectSigned = (answer: Answer) => expect(answer).toMatchObject({ status: 200 })

  test('denies the request after the last that it admits, and says which policy it was', async () => {
    const policyId = await limit([limitOf('SIGNATURES', 'ORGANIZATION', '2')])
    expectSigned(await signRaw())
    expectSigned(await signRaw())
    const body = signBody(user.client, wallet.address, 'one too many')
    const refused = await user.client.send('submit/sign_raw_payload', body)
    expectDenied(refused)
    // The same body is the same request: it stays denied.
    expectDenied(await user.client.send('submit/sign_raw_payload', body))
    const [denied] = await instance.rows<{ status: string; evaluations: string; failure: string }>(
      "select status, evaluations, failure from activity where denied_to <> ''",
    )
    expect(denied?.status).toBe('FAILED')
    expect(JSON.parse(denied?.evaluations ?? '[]')).toContainEqual({
      policyId,
      outcome: 'DENY_EXPLICIT',
    })
    const admitted = await instance.rows<{ evaluations: string }>(
      "select evaluations from activity where status = 'COMPLETED' and evaluations like ?",
      `%${policyId}%`,
    )
    expect(admitted).toEqual([])
    expect(await instance.problems()).toEqual([])
  })

  test('counts every signature of a request, all or none', async () => {
    await limit([limitOf('SIGNATURES', 'USER', '5')])
    const signAll = (count: number) =>
      user.client.submit('sign_raw_payloads', {
        signWith: wallet.address,
        payloads: Array.from({ length: count }, () => `payload ${payloads++}`),
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      })
    expectSigned(await signAll(3))
    expectDenied(await signAll(3))
    expectSigned(await signAll(2))
    expectDenied(await signRaw())
  })

  test('lets no allow policy get around it, and the root quorum, which is not charged', async () => {
    await limit([limitOf('SIGNATURES', 'ORGANIZATION', '1')])
    await allow('approvers.count() >= 1')
    for (let n = 0; n < 3; n++) expectSigned(await signRaw(admin))
    expectSigned(await signRaw())
    expectDenied(await signRaw())
    expectSigned(await signRaw(admin))
  })

  test('concerns only those for whom its consensus and condition are true', async () => {
    const other = await admin.createUser('other')
    const second = await createWallet(admin, 'second')
    await limit([limitOf('SIGNATURES', 'ORGANIZATION', '0')], {
      consensus: `approvers.any(user, user.id == '${user.userId}')`,
      condition: `wallet.id == '${wallet.walletId}'`,
    })
    expectDenied(await signRaw())
    expectSigned(await signRaw(other.client))
    expectSigned(await signRaw(user.client, second.address))
    const users = user.client.userBody('not signing')
    expect((await user.client.send('submit/create_users', users)).at('message')).not.toBe(DENIED)
  })

  test('denies when its condition errs', async () => {
    await limit([limitOf('SIGNATURES', 'ORGANIZATION', '9')], {
      condition: "activity.params.no_such_parameter == 'x'",
    })
    expectDenied(await signRaw())
  })

  test('keeps users apart', async () => {
    const other = await admin.createUser('other')
    await limit([limitOf('SIGNATURES', 'USER', '1')])
    for (const { client } of [user, other]) {
      expectSigned(await signRaw(client))
      expectDenied(await signRaw(client))
    }
  })

  test('keeps wallets and accounts apart; a private key takes the place of both', async () => {
    const { walletId } = wallet
    const more = await admin.submit('create_wallet_accounts', {
      walletId,
      accounts: [accountParams(1)],
    })
    const sibling = more.at('activity.result.createWalletAccountsResult.addresses.0')
    const second = await createWallet(admin, 'second')
    const privateKeys = [{ privateKeyName: 'key', curve: 'CURVE_SECP256K1' }]
    const made = await admin.submit(
      'create_private_keys',
      { privateKeys },
      'CREATE_PRIVATE_KEYS_V2',
    )
    const key = made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
    await limit([limitOf('SIGNATURES', 'WALLET', '2'), limitOf('SIGNATURES', 'ACCOUNT', '1')])
    expectSigned(await signRaw(user.client, wallet.address))
    expectDenied(await signRaw(user.client, wallet.address))
    expectSigned(await signRaw(user.client, sibling))
    const third = await admin.submit('create_wallet_accounts', {
      walletId,
      accounts: [accountParams(2)],
    })
    const last = third.at('activity.result.createWalletAccountsResult.addresses.0')
    // Its account has room, its wallet has none.
    expectDenied(await signRaw(user.client, last))
    expectSigned(await signRaw(user.client, second.address))
    expectSigned(await signRaw(user.client, key))
    expectDenied(await signRaw(user.client, key))
  })

  test('takes another address of the same key for the same account', async () => {
    const account = { ...accountParams(0), addressFormat: 'ADDRESS_FORMAT_COMPRESSED' }
    const made = await admin.submit('create_wallet_accounts', {
      walletId: wallet.walletId,
      accounts: [account],
    })
    const alias = made.at('activity.result.createWalletAccountsResult.addresses.0')
    await limit([limitOf('WEI', 'ACCOUNT', String(ETHER))])
    expectSigned(await pay(ALICE, ETHER))
    expectDenied(await pay(ALICE, 1n, alias))
  })

  test('of an amount admits transactions up to it exactly, and nothing that it cannot read', async () => {
    await limit([limitOf('WEI', 'WALLET', String(3n * ETHER))])
    expectSigned(await pay(ALICE, 2n * ETHER))
    expectDenied(await pay(BOB, ETHER + 1n))
    expectSigned(await pay(BOB, ETHER))
    expectDenied(await pay(ALICE, 1n))
    expectSigned(await pay(ALICE, 0n))
    expectDenied(await signRaw())
    expectDenied(await signTransaction('c0ffee'))
    const typed = {
      signWith: wallet.address,
      payload: TYPED_DATA,
      encoding: 'PAYLOAD_ENCODING_EIP712',
      hashFunction: 'HASH_FUNCTION_NO_OP',
    }
    expectDenied(await user.client.submit('sign_raw_payload', typed, 'SIGN_RAW_PAYLOAD_V2'))
  })

  test.each(['LAMPORTS', 'SUN'])('in %s denies a transaction of another chain', async (measure) => {
    await limit([limitOf(measure, 'ORGANIZATION', '1000000')])
    expectDenied(await pay(ALICE, 1n))
    expectDenied(await signRaw())
  })

  test('keeps destinations apart, and denies what has none', async () => {
    await limit([limitOf('WEI', 'DESTINATION', '10'), limitOf('SIGNATURES', 'DESTINATION', '3')])
    expectSigned(await pay(ALICE, 10n))
    expectDenied(await pay(ALICE, 1n))
    expectDenied(await pay(ALICE.toLowerCase() as `0x${string}`, 1n))
    expectSigned(await pay(BOB, 1n))
    expectSigned(await pay(BOB, 1n))
    expectSigned(await pay(BOB, 1n))
    expectDenied(await pay(BOB, 1n))
    // A contract that is created has no address yet.
    expectDenied(await pay(undefined, 0n))
    expectDenied(await signRaw())
  })

  test('that has several limits denies beyond any of them, and then charges none', async () => {
    await limit([limitOf('WEI', 'ORGANIZATION', '10'), limitOf('SIGNATURES', 'ORGANIZATION', '2')])
    expectDenied(await pay(ALICE, 11n))
    expectSigned(await pay(ALICE, 5n))
    expectSigned(await pay(ALICE, 5n))
    expectDenied(await pay(ALICE, 0n))
  })

  test('charges nothing for what fails while it runs', async () => {
    await limit([limitOf('SIGNATURES', 'USER', '1')])
    for (let n = 0; n < 3; n++) {
      const refused = await signRaw(user.client, 'nobody')
      expect(refused).toMatchObject({ status: 404 })
    }
    expect(await instance.count('spending')).toBe(0)
    expectSigned(await signRaw())
  })

  test('charges what is held when it runs, and leaves it pending for the root quorum beyond', async () => {
    const quorum = await formQuorum(instance.app, instance.admin, { count: 2, threshold: 2 })
    const [first, second] = quorum.map(({ client }) => client)
    if (first === undefined || second === undefined) throw new Error('no quorum')
    const policy = {
      policyName: 'two, one of them no root user',
      effect: 'EFFECT_ALLOW',
      consensus: `approvers.any(u, u.id == '${user.userId}') && approvers.count() >= 2`,
    }
    const deny = {
      policyName: 'limit',
      effect: 'EFFECT_DENY',
      limits: [limitOf('SIGNATURES', 'ORGANIZATION', '1')],
    }
    const policies = [policy, deny].map((each) => ({ ...each, notes: '' }))
    const asked = await first.submit('create_policies', { policies })
    expect((await second.approve(asked.at('activity.fingerprint'))).status).toBe(200)
    const removed = await first.submit('delete_policy', { policyId: await allowing() })
    expect((await second.approve(removed.at('activity.fingerprint'))).status).toBe(200)

    const hold = async () => {
      const held = await signRaw(first)
      expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
      return held.at('activity.fingerprint')
    }
    const waiting = [await hold(), await hold()]
    expect(await instance.count('spending')).toBe(0)
    const done = await user.client.approve(waiting[0] ?? '')
    expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await instance.count('spending')).toBe(1)
    // The limit denies now: the user's vote cannot count, a root user's can.
    const entries = await instance.count('vote')
    expect(await user.client.approve(waiting[1] ?? '')).toMatchObject({ status: 403 })
    expect(await instance.count('vote')).toBe(entries)
    const released = await second.approve(waiting[1] ?? '')
    expect(released.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    // A root user below the threshold is not refused, but waits.
    expect(await hold()).not.toBe('')
    expect(await instance.problems()).toEqual([])
  })

  /** The policy that lets everybody sign. */
  const allowing = async () => {
    const listed = await admin.query('list_policies')
    return listed.at('policies.0.policyId')
  }

  describe('that is changed', () => {
    const update = (policyId: string, change: object) =>
      admin.submit('update_policy', { policyId, ...change }, 'UPDATE_POLICY_V2')

    test('goes on with what it has counted when its maximum or order changes', async () => {
      const one = limitOf('SIGNATURES', 'USER', '2')
      const policyId = await limit([one])
      expectSigned(await signRaw())
      expectSigned(await signRaw())
      const wide = limitOf('SIGNATURES', 'WALLET', '100')
      expectSigned(await update(policyId, { policyLimits: [wide, { ...one, max: '3' }] }))
      expectSigned(await signRaw())
      expectDenied(await signRaw())
    })

    test('and back again has forgotten nothing within the window', async () => {
      const one = limitOf('SIGNATURES', 'USER', '2')
      const policyId = await limit([one])
      expectSigned(await signRaw())
      expectSigned(await signRaw())
      expectSigned(
        await update(policyId, { policyLimits: [{ ...one, window: { rollingSeconds: '60' } }] }),
      )
      expectSigned(await signRaw())
      expectSigned(await update(policyId, { policyLimits: [one] }))
      expectDenied(await signRaw())
    })

    test('to have none denies everything that it is about', async () => {
      const policyId = await limit([limitOf('SIGNATURES', 'USER', '2')])
      expectSigned(await signRaw())
      expectSigned(await update(policyId, { policyLimits: [] }))
      expectDenied(await signRaw())
    })

    test('or deleted leaves no counter', async () => {
      const policyId = await limit([limitOf('SIGNATURES', 'USER', '2')])
      expectSigned(await signRaw())
      expect(await instance.count('spending')).toBe(1)
      expectSigned(await admin.submit('delete_policy', { policyId }))
      expect(await instance.count('spending')).toBe(0)
    })
  })
})

const TYPED_DATA = JSON.stringify({
  types: { EIP712Domain: [{ name: 'name', type: 'string' }], M: [{ name: 'a', type: 'uint256' }] },
  primaryType: 'M',
  domain: { name: 'd' },
  message: { a: '1' },
})
