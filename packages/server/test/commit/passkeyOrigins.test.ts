// Where passkeys may be used once origins are named: for stamps, registrations and stored votes.
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import {
  type AssertionSettings,
  assertion,
  authenticatorParams,
  makePasskey,
  type TestPasskey,
} from '../../../../tests/support/webauthn.ts'
import { adminClient, type AppClient, formQuorum, hand } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { unitOf } from '../support/units.ts'

const HOME = 'https://login.example.org'
const INVALID = [401, 'could not verify WebAuthN signature']

const started = openInstance('sqlite')
afterAll(async () => (await started).dispose())

let instance: Instance
let admin: AppClient
beforeEach(async () => {
  instance = await started
  admin = adminClient(instance.app, await instance.createOrganization('origins'))
})

async function nameOrigins(organizationId: string, origins: string): Promise<void> {
  const features = JSON.stringify({ WEBAUTHN_ORIGINS: origins })
  const outcome = await instance.app.deps.queue.submit(
    unitOf(organizationId, 'features.set', {
      changes: 'snapshot',
      effects: async (tx) => {
        await tx.run(
          'update organization set features = ? where organization_id = ?u',
          features,
          organizationId,
        )
      },
    }),
  )
  if (outcome.kind !== 'committed') throw new Error(`the feature was not set: ${outcome.kind}`)
}

function send(path: string, body: string, members: ReturnType<typeof assertion>) {
  const headers = { 'x-stamp-webauthn': JSON.stringify(members) }
  return hand(instance.app, { path, body, headers })
}

async function addPasskey(client: AppClient, userId: string, passkey: TestPasskey) {
  const authenticators = [authenticatorParams(passkey)]
  return client.submit(
    'create_authenticators',
    { userId, authenticators },
    'CREATE_AUTHENTICATORS_V2',
  )
}

const outcome = (answer: Answer) => [answer.status, answer.at('message')]

test('a stamp counts from those origins only, also from the page around a frame', async () => {
  const passkey = makePasskey()
  await addPasskey(admin, (await admin.query('whoami')).at('userId'), passkey)
  const body = JSON.stringify({ organizationId: admin.organizationId })
  const whoami = (settings: AssertionSettings) =>
    send('query/whoami', body, assertion(passkey, body, settings))
  const elsewhere = { origin: 'https://example.org' }
  expect((await whoami(elsewhere)).status).toBe(200)
  await nameOrigins(admin.organizationId, `${HOME}, https://frame.example`)
  expect((await whoami({ origin: HOME })).status).toBe(200)
  expect((await whoami({ origin: HOME, topOrigin: 'https://frame.example' })).status).toBe(200)
  expect(outcome(await whoami(elsewhere))).toEqual(INVALID)
  expect(outcome(await whoami({ origin: HOME, topOrigin: 'https://evil.example' }))).toEqual(
    INVALID,
  )
})

describe('the parent’s origins', () => {
  test('count below it, for registrations and stamps', async () => {
    await nameOrigins(admin.organizationId, 'https://app.example.org')
    const create = (origin: string) => {
      const passkey = makePasskey('ES256', { rpId: 'example.org', origin })
      const made = admin.submit(
        'create_sub_organization',
        {
          subOrganizationName: 'below',
          rootUsers: [{ userName: 'owner', authenticators: [authenticatorParams(passkey)] }],
          rootQuorumThreshold: 1,
        },
        'CREATE_SUB_ORGANIZATION_V8',
      )
      return { passkey, made }
    }
    expect(outcome(await create(HOME).made)).toEqual([400, 'invalid authenticator attestation'])
    const { passkey, made } = create('https://app.example.org')
    const path = 'activity.result.createSubOrganizationResultV8.subOrganizationId'
    const organizationId = (await made).at(path)
    await nameOrigins(organizationId, HOME)
    const body = JSON.stringify({ organizationId })
    const whoami = (settings: AssertionSettings) =>
      send('query/whoami', body, assertion(passkey, body, settings))
    expect((await whoami({})).status).toBe(200)
    expect(outcome(await whoami({ origin: HOME }))).toEqual(INVALID)
  })
})

test('a stored vote no longer counts once its origin is not among them', async () => {
  const organization = await instance.createOrganization('votes')
  const users = await formQuorum(instance.app, organization, { count: 2, threshold: 1 })
  const [first, second] = users as [(typeof users)[0], (typeof users)[0]]
  const { organizationId } = organization
  const passkey = makePasskey()
  await addPasskey(first.client, first.userId, passkey)
  const userIds = users.map(({ userId }) => userId)
  await first.client.submit('update_root_quorum', { threshold: 2, userIds })
  const submit = async (walletName: string) => {
    const body = first.client.body('CREATE_WALLET', { walletName, accounts: [] })
    return (await send('submit/create_wallet', body, assertion(passkey, body))).at(
      'activity.fingerprint',
    )
  }
  const status = (answer: Answer) => answer.at('activity.status')
  const counted = await submit('counted')
  expect(status(await second.client.approve(counted))).toBe('ACTIVITY_STATUS_COMPLETED')
  const lost = await submit('lost')
  await nameOrigins(organizationId, 'https://elsewhere.example')
  expect(status(await second.client.approve(lost))).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
})
