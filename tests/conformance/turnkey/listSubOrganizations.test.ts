// Sub-organizations looked up by what is in them, and listed in pages.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { createByVersion, resultOf } from './subOrganization.ts'
import {
  clientVersions,
  createSubOrganization,
  createUser,
  ethereumAccount,
  officialClient,
  startWorld,
  violationsOf,
  type World,
} from './world.ts'

describe.each(engines)('lists of sub-organizations on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)

    test('they are found by what is in them, and by nothing else', async () => {
      const key = generateKey('ED25519')
      const unique = `${version}-${engine}`
      const { answer } = await createByVersion(world, '_V8', {
        key,
        subOrganizationName: `name ${unique}`,
        rootUsers: [
          {
            userName: `user ${unique}`,
            userEmail: `Someone+${unique}@Example.com`,
            userPhoneNumber: `+1555555${version.replaceAll('.', '')}`,
            apiKeys: [apiKeyParams(key)],
          },
        ],
        wallet: { walletName: 'w', accounts: [ethereumAccount] },
      })
      const id = String(resultOf(answer, 'V8')['subOrganizationId'])
      const { addresses } = resultOf(answer, 'V8')['wallet'] as { addresses: string[] }
      const filters = {
        NAME: [`name ${unique}`, `NAME ${unique}`],
        USERNAME: [`user ${unique}`, `User ${unique}`],
        EMAIL: [`someone+${unique}@example.COM`, `someone@example.com`],
        PHONE_NUMBER: [`+1555555${version.replaceAll('.', '')}`, '+15555550199'],
        PUBLIC_KEY: [key.publicKey.toUpperCase(), generateKey().publicKey],
        WALLET_ACCOUNT_ADDRESS: [String(addresses[0]).toLowerCase(), `0x${'0'.repeat(40)}`],
      }
      for (const [filterType, [hit = '', miss = '']] of Object.entries(filters)) {
        const found = await client().getSubOrgIds({ filterType, filterValue: hit })
        expect([filterType, found.organizationIds]).toEqual([filterType, [id]])
        const missed = await client().getSubOrgIds({ filterType, filterValue: miss })
        expect([filterType, missed.organizationIds]).toEqual([filterType, []])
      }
      const unverified = await client().getVerifiedSubOrgIds({
        filterType: 'EMAIL',
        filterValue: filters.EMAIL[0] ?? '',
      })
      expect(unverified.organizationIds).toEqual([])
      const unknown = client().getSubOrgIds({ filterType: 'OIDC_TOKEN', filterValue: 'e.e.e' })
      await expect(unknown).rejects.toThrow('Turnkey error 3: invalid oidc token')
    })

    test('they are listed in pages, each once', async () => {
      const filter = { filterType: 'NAME', filterValue: `paged ${version}` }
      const ids: string[] = []
      for (let n = 0; n < 5; n++) {
        const { answer } = await createByVersion(world, '_V7', {
          subOrganizationName: filter.filterValue,
        })
        ids.push(String(resultOf(answer, 'V7')['subOrganizationId']))
      }
      const page = async (paginationOptions: object) =>
        (await client().getSubOrgIds({ ...filter, paginationOptions })).organizationIds
      expect(await page({})).toEqual(ids)
      expect(await page({ limit: '2' })).toEqual(ids.slice(0, 2))
      expect(await page({ limit: '2', after: ids[1] })).toEqual(ids.slice(2, 4))
      expect(await page({ limit: '2', before: ids[3] })).toEqual(ids.slice(1, 3))
      expect(await page({ limit: '9', after: ids[0], before: ids[3] })).toEqual(ids.slice(1, 3))
      expect(await page({ after: ids[4] })).toEqual([])
    })
  })

  test.each([
    [{ filterType: 'COLOUR', filterValue: 'x' }, 'filterType', '"COLOUR" is not a known value'],
    [{ filterType: 'NAME' }, 'filterValue', 'is required'],
    [{ filterType: 'CREDENTIAL_ID', filterValue: '%' }, 'filterValue', 'must be base64url'],
    [{ filterType: 'PUBLIC_KEY', filterValue: 'xyz' }, 'filterValue', 'must be hexadecimal'],
    [
      { paginationOptions: { limit: '0' } },
      'paginationOptions.limit',
      'must be an integer from 1 to 100 in a string',
    ],
  ])('the list refuses %j', async (params, field, description) => {
    const refused = await world.admin.query('list_suborgs', params)
    expect(refused.status).toBe(400)
    expect(violationsOf(refused)).toEqual([{ field, description }])
  })

  test('the verified list needs one of its two types', async () => {
    for (const [params, description] of [
      [{}, 'is required'],
      [{ filterType: 'NAME', filterValue: 'x' }, '"NAME" is not a known value'],
    ] as const) {
      const refused = await world.admin.query('list_verified_suborgs', params)
      expect(violationsOf(refused)).toEqual([{ field: 'filterType', description }])
    }
  })

  test('a user of the organization reads the list, a sub-organization has none', async () => {
    const { client: member } = await createUser(world, generateKey())
    const below = await createSubOrganization(world, generateKey())
    const seen = await member.query('list_suborgs', {
      filterType: 'PUBLIC_KEY',
      filterValue: below.key.publicKey,
    })
    expect(seen.json).toEqual({ organizationIds: [below.organizationId] })
    expect((await below.query('list_suborgs')).json).toEqual({ organizationIds: [] })
  })
})
