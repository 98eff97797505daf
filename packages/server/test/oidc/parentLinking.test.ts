// A parent with a root quorum links a provider to a user of its sub-organization.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { type Issuer, startIssuer } from '../../../../tests/support/oidcIssuer.ts'
import { adminClient, AppClient, formQuorum } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'

const EMAIL = 'alice@example.com'

let issuer: Issuer
let instance: Instance
let owner: AppClient
let userId: string
/** Root users of the parent, who speak to the sub-organization; two of them must agree. */
let first: AppClient
let second: AppClient

beforeAll(async () => {
  issuer = await startIssuer()
  const oidc = { privateIssuers: [issuer.url], emailIssuers: [issuer.url] }
  instance = await openInstance('sqlite', { config: { oidc } })
  const admin = adminClient(instance.app, instance.admin)
  const key = generateKey()
  const rootUsers = [{ userName: 'owner', userEmail: EMAIL, apiKeys: [apiKeyParams(key)] }]
  const made = await admin.submit(
    'create_sub_organization',
    { subOrganizationName: 'below', rootUsers, rootQuorumThreshold: 1 },
    'CREATE_SUB_ORGANIZATION_V8',
  )
  const result = 'activity.result.createSubOrganizationResultV8'
  const id = made.at(`${result}.subOrganizationId`)
  userId = made.at(`${result}.rootUserIds.0`)
  owner = new AppClient(instance.app, key, id)
  const quorum = await formQuorum(instance.app, instance.admin, { count: 2, threshold: 2 })
  const speakers = quorum.map(({ client }) => new AppClient(instance.app, client.key, id))
  ;[first, second] = speakers as [AppClient, AppClient]
})
afterAll(async () => {
  await instance.dispose()
  await issuer.close()
})

async function add(email: string) {
  const token = await issuer.signIn({ sub: email, email, email_verified: true })
  const params = { userId, oauthProviders: [{ providerName: 'p', oidcToken: token }] }
  return first.submit('create_oauth_providers', params, 'CREATE_OAUTH_PROVIDERS_V2')
}
const listed = async () =>
  (await owner.query('get_oauth_providers')).at<{ subject: string }[]>('oauthProviders')

test('the parent’s quorum decides, and the sub-organization’s users have no vote', async () => {
  const held = await add(EMAIL)
  expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
  expect(await listed()).toEqual([])
  const fingerprint = held.at('activity.fingerprint')
  expect(await owner.approve(fingerprint)).toMatchObject({
    status: 400,
    json: { message: expect.stringContaining('organization mismatch') as unknown },
  })
  const done = await second.approve(fingerprint)
  expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  expect(await listed()).toMatchObject([{ subject: EMAIL }])
})

test('a provider that does not vouch for the address is denied, not held', async () => {
  const denied = await add('bob@example.com')
  expect(denied.status).toBe(403)
  expect(await listed()).toMatchObject([{ subject: EMAIL }])
})
