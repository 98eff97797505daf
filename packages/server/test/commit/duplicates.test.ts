// The same body more than once: it becomes one activity, whoever sends it and however often.
import { sha256 } from '@keystead/crypto/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, apiKeyParams, type Answer } from '../../../../tests/support/client.ts'
import { adminClient, AppClient, createWallet, signBody, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const AT_ONCE = 50

describe.each(engines)('a body sent again on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  let member: TestUser
  let address: string

  beforeAll(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
    member = await admin.createUser('member')
    address = (await createWallet(admin, 'duplicates')).address
  })
  afterAll(() => instance.dispose())

  const rowsOf = (body: string) =>
    instance.rows<{ id: string; denied_to: string; status: string; actor_user_id: string }>(
      'select id, denied_to, status, actor_user_id from activity where fingerprint = ? order by seq',
      sha256(Buffer.from(body)),
    )
  const ids = (answers: Answer[]) => new Set(answers.map((answer) => answer.at('activity.id')))

  test.each([2, AT_ONCE])('%i times at once signs once and answers the same', async (times) => {
    const body = signBody(admin, address, `sent ${times} times`)
    const before = await instance.entries()
    const answers = await Promise.all(
      Array.from({ length: times }, () => admin.send('submit/sign_raw_payload', body)),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(await rowsOf(body)).toMatchObject([{ status: 'COMPLETED' }])
    expect((await instance.entries()).slice(before.length)).toHaveLength(1)
  })

  test.each([2, AT_ONCE])('%i times at once creates one user', async (times) => {
    const userName = `created ${times} times at once`
    const body = admin.userBody(userName)
    const answers = await Promise.all(
      Array.from({ length: times }, () => admin.send('submit/create_users', body)),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(ids(answers).size).toBe(1)
    expect(await rowsOf(body)).toHaveLength(1)
    const users = await instance.rows('select id from org_user where name = ?', userName)
    expect(users).toHaveLength(1)
  })

  test('later answers byte for byte what it answered first', async () => {
    const body = signBody(admin, address, 'later')
    const first = await admin.send('submit/sign_raw_payload', body)
    const second = await admin.send('submit/sign_raw_payload', body)
    expect(second.text).toBe(first.text)
    expect(await rowsOf(body)).toHaveLength(1)
  })

  test('under another credential of the same user is the same activity', async () => {
    const key = generateKey()
    const other = new AppClient(instance.app, key, admin.organizationId)
    const added = await admin.submit(
      'create_api_keys',
      { userId: instance.admin.userId, apiKeys: [apiKeyParams(key, 'second')] },
      'CREATE_API_KEYS_V2',
    )
    expect(added.status).toBe(200)
    const body = signBody(admin, address, 'two credentials')
    const answers = [
      await admin.send('submit/sign_raw_payload', body),
      await other.send('submit/sign_raw_payload', body),
    ]
    expect(ids(answers).size).toBe(1)
    expect(await rowsOf(body)).toHaveLength(1)
  })

  test('under another user is the same activity, and no vote', async () => {
    const body = signBody(admin, address, 'two users')
    const answers = [
      await admin.send('submit/sign_raw_payload', body),
      await member.client.send('submit/sign_raw_payload', body),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(ids(answers).size).toBe(1)
    expect(answers[1]?.at<unknown[]>('activity.votes')).toHaveLength(1)
    expect(await instance.count('vote')).toBe(0)
  })

  test('that was denied is denied again to that user, with the same activity', async () => {
    const body = signBody(admin, address, 'denied twice')
    const first = await member.client.send('submit/sign_raw_payload', body)
    const second = await member.client.send('submit/sign_raw_payload', body)
    expect(first.json).toMatchObject({ code: 7, message: 'request not authorized' })
    expect([first.status, second.status]).toEqual([403, 403])
    expect(second.text).toBe(first.text)
    expect(await rowsOf(body)).toMatchObject([
      { denied_to: `${admin.organizationId}/${member.userId}`, status: 'FAILED' },
    ])
  })

  test('that was denied to one user runs for another', async () => {
    const body = signBody(admin, address, 'denied, then allowed')
    const denied = await member.client.send('submit/sign_raw_payload', body)
    const allowed = await admin.send('submit/sign_raw_payload', body)
    expect([denied.status, allowed.status]).toEqual([403, 200])
    const later = await member.client.send('submit/sign_raw_payload', body)
    expect(await rowsOf(body)).toMatchObject([
      { denied_to: `${admin.organizationId}/${member.userId}`, actor_user_id: member.userId },
      { denied_to: '', actor_user_id: instance.admin.userId },
    ])
    // Either of its two activities may answer; another one must not appear.
    expect([200, 403]).toContain(later.status)
  })

  test('at once by somebody who is denied and somebody who is not runs once', async () => {
    for (let round = 0; round < 10; round++) {
      const body = signBody(admin, address, `both at once ${round}`)
      const senders = round % 2 === 0 ? [member.client, admin] : [admin, member.client]
      const answers = await Promise.all(
        senders.map((client) => client.send('submit/sign_raw_payload', body)),
      )
      expect(answers[senders.indexOf(admin)]?.status).toBe(200)
      const rows = await rowsOf(body)
      expect(rows.filter((row) => row.denied_to === '')).toHaveLength(1)
      expect(rows.length).toBeLessThanOrEqual(2)
    }
  })

  test('in another organization with the same key is refused there, for it names this one', async () => {
    const other = await instance.createOrganization('other')
    const body = signBody(admin, address, 'elsewhere')
    await admin.send('submit/sign_raw_payload', body)
    const stranger = await adminClient(instance.app, other).send('submit/sign_raw_payload', body)
    expect(stranger).toMatchObject({ status: 401, json: { code: 16 } })
    expect(await rowsOf(body)).toHaveLength(1)
  })

  test('leaves every chain verifiable', async () => {
    expect(await instance.problems()).toEqual([])
  })
})
