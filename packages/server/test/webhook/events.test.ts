// Which events there are, who is told of them, and what they say.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { AppClient, createWallet, formQuorum, signBody } from '../support/client.ts'
import { engines } from '../support/instance.ts'
import { openWebhooks, setWebhook, type Webhooks } from '../support/webhooks.ts'

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl'

describe.each(engines)('events on %s', (engine) => {
  let hooks: Webhooks
  beforeAll(async () => {
    hooks = await openWebhooks(engine)
  })
  afterAll(() => hooks.close())
  beforeEach(() => hooks.reset())

  /** A sub-organization with two root users, of whom both must agree. */
  async function createBelow(parent: AppClient) {
    const key = generateKey()
    const made = await parent.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'below',
        rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const at = (path: string) => made.at(`activity.result.createSubOrganizationResultV8.${path}`)
    const below = new AppClient(hooks.instance.app, key, at('subOrganizationId'))
    return { below, userId: at('rootUserIds.0') }
  }

  async function createQuorum(parent: AppClient) {
    const { below, userId } = await createBelow(parent)
    const own = {
      organizationId: below.organizationId,
      userId,
      apiKeyId: '',
      apiPublicKey: below.key.publicKey,
      apiPrivateKey: below.key.privateKey.toString('hex'),
    }
    const [, second] = await formQuorum(hooks.instance.app, own, { count: 2, threshold: 2 })
    if (second === undefined) throw new Error('there are two')
    return { first: below, second: second.client }
  }

  const statuses = () => hooks.receiver.arrived.map(({ event }) => event.status.slice(16))
  const wallet = (walletName: string) => ({ walletName, accounts: [] })

  test('an organization without a webhook leaves none', async () => {
    const other = await hooks.instance.createOrganization('quiet')
    const client = new AppClient(
      hooks.instance.app,
      {
        scheme: 'P256',
        publicKey: other.apiPublicKey,
        privateKey: Buffer.from(other.apiPrivateKey ?? '', 'hex'),
      },
      other.organizationId,
    )
    expect((await client.submit('create_wallet', wallet('quiet'))).status).toBe(200)
    expect(await hooks.instance.count('webhook_event')).toBe(0)
    expect(await hooks.instance.count('outbox')).toBe(0)
  })

  test('every creation and every change is told, as get_activity shows it at that moment', async () => {
    const { first, second } = await createQuorum(hooks.admin)
    const { receiver } = hooks
    const url = `${receiver.url}/own`
    const set = await first.submit('set_organization_feature', {
      name: 'FEATURE_NAME_WEBHOOK',
      value: url,
    })
    await second.approve(set.at('activity.fingerprint'))
    const shown: unknown[] = []
    const show = async (activityId: string) => {
      const { activity } = (await first.query('get_activity', { activityId })).json as {
        activity: object
      }
      shown.push(activity)
    }
    const held = await first.submit('create_wallet', wallet('approved'))
    const id = held.at('activity.id')
    await show(id)
    await second.approve(held.at('activity.fingerprint'))
    await show(id)
    const unwanted = await first.submit('create_wallet', wallet('rejected'))
    await show(unwanted.at('activity.id'))
    await second.reject(unwanted.at('activity.fingerprint'))
    await show(unwanted.at('activity.id'))
    const failing = await first.submit('create_wallet', wallet('approved'))
    await show(failing.at('activity.id'))
    await second.approve(failing.at('activity.fingerprint'))
    await show(failing.at('activity.id'))
    await hooks.deliver()
    expect(statuses()).toEqual([
      'CONSENSUS_NEEDED',
      'COMPLETED',
      'CONSENSUS_NEEDED',
      'REJECTED',
      'CONSENSUS_NEEDED',
      'FAILED',
    ])
    const told = receiver.arrived.map(({ event }) => event)
    const nobody = { canApprove: false, canReject: false }
    expect(told).toEqual(
      shown.map((activity, index) => ({
        ...(activity as object),
        ...nobody,
        seq: told[index]?.seq,
      })),
    )
    const seqs = told.map(({ seq }) => Number(seq))
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    expect(new Set(seqs).size).toBe(6)
    const entries = await hooks.instance.rows<{ seq: number }>(
      'select seq from audit_entry where organization_id = ?u and activity_id = ?u order by seq',
      first.organizationId,
      id,
    )
    expect(seqs.slice(0, 2)).toEqual(entries.map(({ seq }) => seq))
    expect(told[0]).toMatchObject({ id, organizationId: first.organizationId })
  })

  test('a vote that is not yet enough is told, too', async () => {
    const { below, userId } = await createBelow(hooks.admin)
    await setWebhook(below, hooks.receiver.url)
    const own = {
      organizationId: below.organizationId,
      userId,
      apiKeyId: '',
      apiPublicKey: below.key.publicKey,
      apiPrivateKey: below.key.privateKey.toString('hex'),
    }
    const users = await formQuorum(hooks.instance.app, own, { count: 3, threshold: 3 })
    const held = await below.submit('create_wallet', wallet('of three'))
    for (const { client } of users.slice(1)) await client.approve(held.at('activity.fingerprint'))
    await hooks.deliver()
    const told = hooks.receiver.arrived
      .map(({ event }) => event as typeof event & { votes: unknown[] })
      .filter(({ id }) => id === held.at('activity.id'))
    expect(told.map(({ status, votes }) => [status.slice(16), votes.length])).toEqual([
      ['CONSENSUS_NEEDED', 1],
      ['CONSENSUS_NEEDED', 2],
      ['COMPLETED', 3],
    ])
  })

  test('a denied request is told as failed', async () => {
    const { below } = await createBelow(hooks.admin)
    await setWebhook(below, hooks.receiver.url)
    const { client } = await below.createUser('powerless')
    expect((await client.submit('create_wallet', wallet('denied'))).status).toBe(403)
    await hooks.deliver()
    expect(hooks.receiver.arrived.at(-1)?.event).toMatchObject({
      status: 'ACTIVITY_STATUS_FAILED',
      failure: { code: 7, message: 'request not authorized' },
    })
  })

  test('a parent gets the events of its sub-organizations, and both URLs are told', async () => {
    const { admin, receiver } = hooks
    await setWebhook(admin, `${receiver.url}/parent`)
    const { below } = await createBelow(admin)
    const { below: quiet } = await createBelow(admin)
    await setWebhook(below, `${receiver.url}/child`)
    await hooks.deliver()
    receiver.arrived.length = 0
    await below.submit('create_wallet', wallet('of the child'))
    await quiet.submit('create_wallet', wallet('of the other'))
    await admin.submit('create_wallet', wallet('of the parent'))
    await hooks.deliver()
    const told = receiver.arrived.map(({ path, event }) => `${path} ${event.organizationId}`)
    expect(told.sort()).toEqual(
      [
        `/child ${below.organizationId}`,
        `/parent ${below.organizationId}`,
        `/parent ${quiet.organizationId}`,
        `/parent ${admin.organizationId}`,
      ].sort(),
    )
    const ids = receiver.arrived
      .filter(({ event }) => event.organizationId === below.organizationId)
      .map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(1)
    await admin.submit('remove_organization_feature', { name: 'FEATURE_NAME_WEBHOOK' })
  })

  test('secrets of a body are left out', async () => {
    const { below } = await createBelow(hooks.admin)
    await setWebhook(below, hooks.receiver.url)
    const users = [{ userName: 'u', oauthProviders: [{ providerName: 'p', oidcToken: TOKEN }] }]
    const made = await below.submit('create_users', { users }, 'CREATE_USERS_V4')
    expect(made.status).toBe(400)
    await hooks.deliver()
    const { body } = hooks.receiver.arrived.at(-1) ?? {}
    expect(body?.toString()).toContain('"oidcToken":""')
    expect(body?.toString()).not.toContain(TOKEN)
  })

  test('requests at once have an event each, in the order of the chain', async () => {
    const { below } = await createBelow(hooks.admin)
    await setWebhook(below, hooks.receiver.url)
    const { address } = await createWallet(below, 'signs')
    await hooks.deliver()
    hooks.receiver.arrived.length = 0
    const payloads = Array.from({ length: 60 }, (_, n) => `payload ${n}`)
    const send = (payload: string) =>
      below.send('submit/sign_raw_payload', signBody(below, address, payload))
    const answers = await Promise.all(payloads.map(send))
    await hooks.deliver()
    const told = hooks.receiver.arrived.map(({ event }) => event)
    const ids = answers.map((answer) => answer.at('activity.id'))
    expect(told.map(({ id }) => id).sort()).toEqual(ids.sort())
    const rows = await hooks.instance.rows<{ id: string }>(
      `select id from activity where organization_id = ?u and type like '%SIGN_RAW%' order by seq`,
      below.organizationId,
    )
    expect(told.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
  })

  test('what is kept is sealed', async () => {
    const { below } = await createBelow(hooks.admin)
    await setWebhook(below, hooks.receiver.url)
    await below.submit('create_wallet', wallet('a telling name'))
    const rows = await hooks.instance.rows<{ body_sealed: Buffer }>(
      'select body_sealed from webhook_event',
    )
    expect(rows).toHaveLength(1)
    expect(rows[0]?.body_sealed.includes('ACTIVITY')).toBe(false)
    expect(await hooks.instance.rows('select payload_sealed from outbox')).toEqual([
      { payload_sealed: Buffer.alloc(0) },
    ])
  })

  test('of a deleted organization its parent is told everything, and nothing of its own is left', async () => {
    const { admin, receiver } = hooks
    await setWebhook(admin, `${receiver.url}/parent`)
    const { first, second } = await createQuorum(admin)
    await first.submit('create_wallet', wallet('held'))
    const set = await first.submit('set_organization_feature', {
      name: 'FEATURE_NAME_WEBHOOK',
      value: `${receiver.url}/child`,
    })
    await second.approve(set.at('activity.fingerprint'))
    await hooks.deliver()
    receiver.arrived.length = 0
    const asked = await first.submit('delete_sub_organization', { deleteWithoutExport: true })
    await second.approve(asked.at('activity.fingerprint'))
    await hooks.deliver()
    const told = receiver.arrived.map(({ path, event }) => [path, event.type, event.status])
    const deletion = 'ACTIVITY_TYPE_DELETE_SUB_ORGANIZATION'
    expect(told).toEqual([
      ['/parent', deletion, 'ACTIVITY_STATUS_CONSENSUS_NEEDED'],
      ['/parent', deletion, 'ACTIVITY_STATUS_COMPLETED'],
      ['/parent', 'ACTIVITY_TYPE_CREATE_WALLET', 'ACTIVITY_STATUS_REJECTED'],
    ])
    expect(await hooks.log(first.organizationId)).toEqual([])
    expect(await hooks.instance.problems()).toEqual([])
    await admin.submit('remove_organization_feature', { name: 'FEATURE_NAME_WEBHOOK' })
  })

  test('what waited too long is told as rejected, by the job and by a late vote', async () => {
    const { first, second } = await createQuorum(hooks.admin)
    await setWebhook(hooks.admin, hooks.receiver.url)
    const voted = await first.submit('create_wallet', wallet('voted on too late'))
    const left = await first.submit('create_wallet', wallet('left alone'))
    const older = 'update activity set created_ms = created_ms - 86400000 where id = ?u'
    for (const held of [voted, left]) await hooks.instance.tamper(older, held.at('activity.id'))
    await second.approve(voted.at('activity.fingerprint'))
    const app = await hooks.instance.openApp({ jobs: true })
    await app.stop()
    await hooks.deliver()
    const rejected = hooks.receiver.arrived.filter(({ event }) => event.status.endsWith('REJECTED'))
    const ids = [voted, left].map((held) => held.at('activity.id'))
    expect(new Set(rejected.map(({ event }) => event.id))).toEqual(new Set(ids))
  })
})
