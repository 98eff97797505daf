// A request that is always overtaken ends under the organization's lock, and asks nobody there.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { type Issuer, startIssuer } from '../../../../tests/support/oidcIssuer.ts'
import { adminClient, AppClient } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { verifyEmail } from '../support/units.ts'

/** How often a request is decided before the organization is locked for it. */
const FREE_ROUNDS = 4

let issuer: Issuer
let instance: Instance

beforeAll(async () => {
  issuer = await startIssuer()
  const oidc = { privateIssuers: [issuer.url], emailIssuers: [] }
  instance = await openInstance('sqlite', { config: { oidc } })
})
afterAll(async () => {
  await instance.dispose()
  await issuer.close()
})

test('a token is verified with known keys while the organization is locked', async () => {
  const { app, admin } = instance
  const key = generateKey()
  const made = await adminClient(app, admin).submit(
    'create_sub_organization',
    {
      subOrganizationName: 'below',
      rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V8',
  )
  const result = 'activity.result.createSubOrganizationResultV8'
  const id = made.at(`${result}.subOrganizationId`)
  const userId = made.at(`${result}.rootUserIds.0`)

  const verified: string[] = []
  const oidc = {
    async verify(token: string) {
      verified.push('asking')
      const found = await app.deps.oidc.verify(token)
      await verifyEmail(app, id, userId)
      return found
    },
    verifyOffline(token: string) {
      verified.push('offline')
      return app.deps.oidc.verifyOffline(token)
    },
  }
  const client = new AppClient({ ...app, deps: { ...app.deps, oidc } }, key, id)
  const oidcToken = await issuer.signIn({ sub: 'alice' })
  const oauthProviders = [{ providerName: 'p', oidcToken }]
  const done = await client.submit('create_oauth_providers', { userId, oauthProviders })
  expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  expect(verified).toEqual([...Array<string>(FREE_ROUNDS).fill('asking'), 'offline'])
})
