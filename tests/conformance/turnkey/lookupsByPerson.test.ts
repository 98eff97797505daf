// Who somebody is, as tokens and e-mail addresses say it: looked up, verified, linked, never logged.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { type Issuer, startIssuer } from '../../support/oidcIssuer.ts'
import { engines } from '../../support/server.ts'
import { clientVersions, errorOf, officialClient, startWorld, type World } from './world.ts'

let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

describe.each(engines)('people on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    const env = {
      KEYSTEAD_OIDC_PRIVATE_ISSUERS: issuer.url,
      KEYSTEAD_OIDC_EMAIL_ISSUERS: issuer.url,
      KEYSTEAD_LOG_LEVEL: 'debug',
    }
    world = await startWorld({ engine, env })
  })
  afterAll(() => world.server.dispose())

  /** A sub-organization whose root user has an API key, and what else is said of it. */
  async function createCustomer(user: object) {
    const key = generateKey()
    const made = await world.admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'customer',
        rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)], ...user }],
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V7',
    )
    const path = 'activity.result.createSubOrganizationResultV7'
    const organizationId = made.at(`${path}.subOrganizationId`)
    return { organizationId, userId: made.at(`${path}.rootUserIds.0`), key }
  }
  const providers = (oidcToken: string) => [{ providerName: 'issuer', oidcToken }]
  const anyCase = (name: string) => [
    `${name}@example.com`,
    `${name.toUpperCase()}@EXAMPLE.COM`,
    `${name}@Example.Com`,
  ]
  const find = async (list: 'list_suborgs' | 'list_verified_suborgs', filterValue: string) =>
    (await world.admin.query(list, { filterType: 'EMAIL', filterValue })).at('organizationIds')

  test.each(clientVersions)(
    'are found with client %s by an ID token of theirs, which no log has',
    async (version) => {
      const sub = crypto.randomUUID()
      const { organizationId } = await createCustomer({
        oauthProviders: providers(await issuer.signIn({ sub })),
      })
      const client = officialClient(version, world.admin)
      const ask = async (account: Parameters<Issuer['signIn']>[0]) => {
        const filterValue = await issuer.signIn(account)
        const found = await client.getSubOrgIds({ filterType: 'OIDC_TOKEN', filterValue })
        return { filterValue, ids: found.organizationIds }
      }
      const { filterValue, ids } = await ask({ sub })
      expect(ids).toEqual([organizationId])
      expect((await ask({ sub: crypto.randomUUID() })).ids).toEqual([])
      const forged = filterValue.slice(0, filterValue.lastIndexOf('.') + 1) + 'AAAA'
      const refused = client.getSubOrgIds({ filterType: 'OIDC_TOKEN', filterValue: forged })
      await expect(refused).rejects.toThrow('Turnkey error 3: invalid oidc token')
      expect(world.server.output()).toContain('"filterValue":"[redacted]"')
      for (const part of filterValue.split('.')) expect(world.server.output()).not.toContain(part)
    },
  )

  test('are found by their e-mail address, however it is written', async () => {
    const [stored = '', ...written] = anyCase('found')
    const { organizationId } = await createCustomer({ userEmail: stored.toUpperCase() })
    for (const value of [stored, ...written]) {
      expect([value, await find('list_suborgs', value)]).toEqual([value, [organizationId]])
      expect([value, await find('list_verified_suborgs', value)]).toEqual([value, []])
    }
  })

  test('whose issuer writes their e-mail address otherwise are verified all the same', async () => {
    const [first = '', second = '', ...others] = anyCase('verified')
    const token = await issuer.signIn({ sub: 'verified', email: second, email_verified: true })
    const { organizationId } = await createCustomer({
      userEmail: first,
      oauthProviders: providers(token),
    })
    for (const value of [first, second, ...others]) {
      expect([value, await find('list_verified_suborgs', value)]).toEqual([value, [organizationId]])
    }
  })

  test('are linked by the parent when their issuer writes their address otherwise', async () => {
    const [first, second] = anyCase('linked')
    const { organizationId, userId } = await createCustomer({ userEmail: first })
    const parent = new TestClient(world.server, world.admin.key, organizationId)
    const link = async (email: string | undefined) => {
      const account = { sub: crypto.randomUUID(), email: email ?? '', email_verified: true }
      const oauthProviders = providers(await issuer.signIn(account))
      return parent.submit(
        'create_oauth_providers',
        { userId, oauthProviders },
        'CREATE_OAUTH_PROVIDERS_V2',
      )
    }
    expect(errorOf(await link('another@example.com')).message).toBe('request not authorized')
    expect((await link(second)).at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await find('list_verified_suborgs', first ?? '')).toEqual([organizationId])
  })
})
