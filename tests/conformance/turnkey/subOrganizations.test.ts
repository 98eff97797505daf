// Sub-organizations in all versions, their features, names and deletion.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient, type TestKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { createByVersion, resultOf } from './subOrganization.ts'
import {
  clientVersions,
  createSubOrganization,
  errorOf,
  ethereumAccount,
  officialClient,
  startWorld,
  violationsOf,
  type World,
} from './world.ts'

const NOT_FOUND = 'no organization found with the given ID'
/** What `whoami` says instead, which may name the organization or its parent. */
const NOT_LOADED = 'failed to load organizations'
const NOT_AUTHORIZED = 'Turnkey error 7: request not authorized'

const authenticator = {
  authenticatorName: 'a',
  challenge: 'c',
  attestation: {
    credentialId: 'AQ',
    clientDataJson: 'Ag',
    attestationObject: 'Aw',
    transports: ['AUTHENTICATOR_TRANSPORT_USB'],
  },
}

const SIGN_IN = ['EMAIL_AUTH', 'OTP_EMAIL_AUTH', 'SMS_AUTH', 'EMAIL_RECOVERY']
const named = (names: string[]) => names.map((name) => ({ name: `FEATURE_NAME_${name}` }))

describe.each(engines)('sub-organizations on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  const speaker = (key: TestKey, organizationId: string) =>
    new TestClient(world.server, key, organizationId)
  const featuresOf = async (client: TestClient) =>
    (await client.query('get_organization_configs')).at<object[]>('configs.features')

  test.each(['_V2', '_V3', '_V4', '_V5', '_V6', '_V7', '_V8'])(
    'version %s makes one, and answers with a result of its own',
    async (suffix) => {
      const { key, answer } = await createByVersion(world, suffix)
      expect(answer).toMatchObject({ status: 200 })
      const number = suffix.slice(1)
      expect(Object.keys(answer.at('activity.intent'))).toEqual([
        `createSubOrganizationIntent${number}`,
      ])
      const result = resultOf(answer, number === 'V2' ? '' : number)
      const members = [
        'subOrganizationId',
        'rootUserIds',
        ...(number === 'V3' ? ['privateKeys'] : []),
      ]
      expect(Object.keys(result).sort()).toEqual(members.sort())
      const who = await speaker(key, String(result['subOrganizationId'])).query('whoami')
      expect(who.json).toMatchObject({ organizationName: 'sub', username: 'owner' })
    },
  )

  test('version 3 comes with private keys, whose own user signs with them', async () => {
    const privateKeys = [
      {
        privateKeyName: 'k',
        curve: 'CURVE_SECP256K1',
        addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
        privateKeyTags: [],
      },
    ]
    const { key, answer } = await createByVersion(world, '_V3', { privateKeys })
    const result = resultOf(answer, 'V3') as {
      subOrganizationId: string
      privateKeys: { privateKeyId: string; addresses: { address: string; format: string }[] }[]
    }
    expect(result.privateKeys[0]?.addresses).toMatchObject([{ format: 'ADDRESS_FORMAT_ETHEREUM' }])
    const signed = await speaker(key, result.subOrganizationId).submit(
      'sign_raw_payload',
      {
        signWith: result.privateKeys[0]?.addresses[0]?.address,
        payload: 'mine',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
      'SIGN_RAW_PAYLOAD_V2',
    )
    expect(signed.status).toBe(200)
    const twice = await createByVersion(world, '_V3', {
      privateKeys: [...privateKeys, ...privateKeys],
    })
    expect(errorOf(twice.answer)).toMatchObject({
      code: 3,
      message: 'private key label must be unique',
    })
  })

  test('version 1 wants a passkey whose attestation holds', async () => {
    const refused = await world.admin.submit('create_sub_organization', {
      name: 's',
      rootAuthenticator: authenticator,
    })
    expect(refused.status).toBe(400)
    expect(errorOf(refused)).toMatchObject({
      code: 3,
      message: 'invalid authenticator attestation',
    })
  })

  test.each(['verificationToken', 'clientSignature'])('%s is refused by name', async (field) => {
    const { answer } = await createByVersion(world, '_V7', { [field]: 'x' })
    expect(answer.status).toBe(400)
    expect(violationsOf(answer)).toEqual([
      { field, description: 'is not supported: this server sends no one-time codes' },
    ])
  })

  test('a bad user inside names its place, and no organization comes of it', async () => {
    const before = await world.admin.query('list_suborgs', { paginationOptions: { limit: '100' } })
    const { answer } = await createByVersion(world, '_V8', {
      rootUsers: [{ userName: '', apiKeys: [] }],
    })
    expect(violationsOf(answer)).toEqual([
      { field: 'rootUsers.0.userName', description: 'must not be empty' },
    ])
    const after = await world.admin.query('list_suborgs', { paginationOptions: { limit: '100' } })
    expect(after.text).toBe(before.text)
  })

  test('the ways to sign in are on below unless switched off, and off at the top', async () => {
    expect(await featuresOf(world.admin)).toEqual([])
    const all = await createByVersion(world, '_V7')
    const id = String(resultOf(all.answer, 'V7')['subOrganizationId'])
    expect(await featuresOf(speaker(all.key, id))).toEqual(named(SIGN_IN))
    const switches = {
      disableEmailAuth: 'EMAIL_AUTH',
      disableOtpEmailAuth: 'OTP_EMAIL_AUTH',
      disableSmsAuth: 'SMS_AUTH',
      disableEmailRecovery: 'EMAIL_RECOVERY',
    }
    for (const [name, feature] of Object.entries(switches)) {
      const { key, answer } = await createByVersion(world, '_V8', { [name]: true })
      const below = speaker(key, String(resultOf(answer, 'V8')['subOrganizationId']))
      expect(await featuresOf(below)).toEqual(named(SIGN_IN.filter((on) => on !== feature)))
    }
  })

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)

    test('all seven features are set, listed with their values, and removed', async () => {
      const values = {
        FEATURE_NAME_EMAIL_AUTH: '',
        FEATURE_NAME_OTP_EMAIL_AUTH: '',
        FEATURE_NAME_SMS_AUTH: '',
        FEATURE_NAME_EMAIL_RECOVERY: '',
        FEATURE_NAME_ROOT_USER_EMAIL_RECOVERY: '',
        FEATURE_NAME_WEBAUTHN_ORIGINS: 'https://a.example, http://localhost:3000',
        FEATURE_NAME_WEBHOOK: 'https://hooks.example/path?x=1',
      } as const
      const names = Object.keys(values) as (keyof typeof values)[]
      for (const name of names) await client().setOrganizationFeature({ name, value: values[name] })
      const wire = names.map((name) => ({ name, ...(values[name] && { value: values[name] }) }))
      const { configs } = await client().getOrganizationConfigs({})
      expect(configs).toEqual({
        features: wire,
        quorum: { threshold: 1, userIds: [world.server.admin.userId] },
      })
      const again = await client().setOrganizationFeature({
        name: 'FEATURE_NAME_WEBHOOK',
        value: 'https://other.example/',
      })
      expect(again.features.at(-1)).toEqual({
        name: 'FEATURE_NAME_WEBHOOK',
        value: 'https://other.example/',
      })
      for (const name of names.toReversed()) {
        const { features } = await client().removeOrganizationFeature({ name })
        expect(features.map((feature) => feature.name)).not.toContain(name)
      }
      expect(
        await client().removeOrganizationFeature({ name: 'FEATURE_NAME_WEBHOOK' }),
      ).toMatchObject({ features: [] })
    })

    test('one is deleted by its own root user, and then found by nobody', async () => {
      const key = generateKey()
      const below = await createSubOrganization(world, key)
      const owner = officialClient(version, below)
      const fromAbove = client().deleteSubOrganization({
        organizationId: below.organizationId,
        deleteWithoutExport: true,
      })
      await expect(fromAbove).rejects.toThrow(NOT_AUTHORIZED)
      await owner.createWallet({ walletName: 'w', accounts: [ethereumAccount] })
      await expect(owner.deleteSubOrganization({})).rejects.toThrow(
        'Turnkey error 3: sub-organization holds wallets or private keys that have not been exported',
      )
      const { subOrganizationUuid } = await owner.deleteSubOrganization({
        deleteWithoutExport: true,
      })
      expect(subOrganizationUuid).toBe(below.organizationId)
      await expect(owner.getWhoami()).rejects.toThrow(`Turnkey error 3: ${NOT_LOADED}`)
      const read = client().getWallets({ organizationId: below.organizationId })
      await expect(read).rejects.toThrow(`Turnkey error 5: ${NOT_FOUND}`)
      const lost = await speaker(key, world.organizationId).query('whoami')
      expect(errorOf(lost).message).toBe(
        'public key could not be found in organization or its parent organization',
      )
      for (const filter of [
        { filterType: 'PUBLIC_KEY', filterValue: key.publicKey },
        { filterType: 'NAME', filterValue: 'below', paginationOptions: { limit: '100' } },
      ]) {
        const { organizationIds } = await client().getSubOrgIds(filter)
        expect(organizationIds).not.toContain(below.organizationId)
      }
    })
  })

  test('an organization is renamed by the newest client', async () => {
    const below = await createSubOrganization(world, generateKey())
    const newest = officialClient('8.2.1', below) as unknown as {
      updateOrganizationName(change: { organizationName: string }): Promise<object>
    }
    const renamed = await newest.updateOrganizationName({ organizationName: 'renamed' })
    expect(renamed).toMatchObject({
      organizationId: below.organizationId,
      organizationName: 'renamed',
    })
    expect((await below.query('whoami')).json).toMatchObject({ organizationName: 'renamed' })
    const refused = await below.submit('update_organization_name', { organizationName: '' })
    expect(violationsOf(refused)).toEqual([
      { field: 'organizationName', description: 'must not be empty' },
    ])
  })

  test.each([
    ['FEATURE_NAME_WEBHOOK', 'not a url', 'must be an http or https URL'],
    ['FEATURE_NAME_WEBHOOK', undefined, 'must be an http or https URL'],
    ['FEATURE_NAME_WEBHOOK', 'ftp://x.example/', 'must be an http or https URL'],
    ['FEATURE_NAME_WEBHOOK', 'https://me:secret@x.example/', 'must be an http or https URL'],
    ['FEATURE_NAME_WEBHOOK', 'http://hooks.example/', 'must be an https URL'],
    ['FEATURE_NAME_WEBHOOK', 'https://127.0.0.1/hook', 'must be a URL of a public address'],
    ['FEATURE_NAME_WEBHOOK', 'https://[::1]:8443/', 'must be a URL of a public address'],
    ['FEATURE_NAME_WEBHOOK', 'https://0x7f000001/', 'must be a URL of a public address'],
    ['FEATURE_NAME_WEBHOOK', 'https://hooks.example:6379/', 'must be a URL on port 443 or 8443'],
    ['FEATURE_NAME_WEBAUTHN_ORIGINS', '', 'must be origins, separated by commas'],
    [
      'FEATURE_NAME_WEBAUTHN_ORIGINS',
      'https://a.example/x',
      'must be origins, separated by commas',
    ],
    ['FEATURE_NAME_WEBAUTHN_ORIGINS', 'https://a.example,', 'must be origins, separated by commas'],
    ['FEATURE_NAME_SMS_AUTH', 'on', 'must be empty: this feature has no value'],
  ])('the feature %s is not set to %j', async (name, value, description) => {
    const refused = await world.admin.submit('set_organization_feature', { name, value })
    expect(refused.status).toBe(400)
    expect(violationsOf(refused)).toEqual([{ field: 'value', description }])
    expect(await featuresOf(world.admin)).toEqual([])
  })

  test('a feature of another name is refused by name', async () => {
    for (const name of ['FEATURE_NAME_AUTH_PROXY', 'EMAIL_AUTH', '__proto__']) {
      const refused = await world.admin.submit('remove_organization_feature', { name })
      expect(violationsOf(refused)).toEqual([
        { field: 'name', description: `"${name}" is not a known value` },
      ])
    }
  })

  test('features and deletion are for the root quorum alone', async () => {
    const below = await createSubOrganization(world, generateKey())
    const key = generateKey()
    const member = await below.submit(
      'create_users',
      { users: [{ userName: 'second', apiKeys: [apiKeyParams(key)] }] },
      'CREATE_USERS_V4',
    )
    const second = speaker(key, below.organizationId)
    const requests = [
      ['set_organization_feature', { name: 'FEATURE_NAME_WEBHOOK', value: 'https://a.example' }],
      ['remove_organization_feature', { name: 'FEATURE_NAME_SMS_AUTH' }],
      ['delete_sub_organization', {}],
    ] as const
    for (const [name, params] of requests) {
      expect((await second.submit(name, params)).status).toBe(403)
    }
    const userIds = [
      (await below.query('whoami')).at('userId'),
      member.at('activity.result.createUsersResult.userIds.0'),
    ]
    await below.submit('update_root_quorum', { threshold: 2, userIds })
    const held = await Promise.all(requests.map(([name, params]) => below.submit(name, params)))
    for (const answer of held) {
      expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    }
    for (const answer of held) {
      const approved = await second.submit('approve_activity', {
        fingerprint: answer.at('activity.fingerprint'),
      })
      expect(approved.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    }
    expect((await second.query('list_users')).json).toMatchObject({ message: NOT_FOUND })
  })

  test('a root organization is not deleted by a request', async () => {
    const refused = await world.admin.submit('delete_sub_organization', {
      deleteWithoutExport: true,
    })
    expect(refused.status).toBe(400)
    expect(errorOf(refused).message).toBe('only a sub-organization can be deleted by a request')
    expect((await world.admin.query('whoami')).status).toBe(200)
  })

  test('the body that deleted one, sent again, finds no organization', async () => {
    const below = await createSubOrganization(world, generateKey())
    const body = below.body('DELETE_SUB_ORGANIZATION', {})
    expect((await below.send('submit/delete_sub_organization', body)).status).toBe(200)
    const again = await below.send('submit/delete_sub_organization', body)
    expect(again.status).toBe(404)
    expect(errorOf(again)).toMatchObject({ code: 5, message: NOT_FOUND })
  })

  test('what is under way while one is deleted gets a clean answer', async () => {
    const below = await createSubOrganization(world, generateKey())
    const parent = speaker(world.admin.key, below.organizationId)
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, (_, n) =>
        below.submit('create_users', { users: [{ userName: `u${n}` }] }, 'CREATE_USERS_V4'),
      ),
      below.submit('delete_sub_organization', {}),
      ...Array.from({ length: 8 }, (_, n) =>
        n % 2 === 0
          ? parent.query('get_organization_configs')
          : below.submit('update_organization_name', { organizationName: `n${n}` }),
      ),
    ])
    for (const answer of answers) {
      expect([undefined, NOT_FOUND]).toContain((answer.json as { message?: string }).message)
      expect([200, 404]).toContain(answer.status)
    }
    expect((await below.query('list_users')).status).toBe(404)
  })
})
