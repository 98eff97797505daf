// The activity object: every field, its type and its format, in every answer that carries one.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, apiKeyParams, generateKey, stamp } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { createUser, ethereumAccount, startWorld, textLike, type World } from './world.ts'

const UUID = textLike(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
const ANY_UUID = textLike(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const TIME = {
  seconds: textLike(/^\d{10}$/),
  nanos: textLike(/^(0|\d{1,3}000000)$/),
}

const containing = (members: object): unknown => expect.objectContaining(members)

/** The required fields of an activity, a vote and a user in the published definitions. */
const REQUIRED = {
  activity:
    'id organizationId status type intent result votes fingerprint canApprove canReject createdAt updatedAt',
  vote: 'id userId user activityId selection message publicKey signature scheme createdAt',
  user: 'userId userName authenticators apiKeys userTags oauthProviders createdAt updatedAt mfaPolicies',
  apiKey: 'credential apiKeyId apiKeyName createdAt updatedAt',
}

const lacks = (value: unknown, kind: keyof typeof REQUIRED) =>
  REQUIRED[kind].split(' ').filter((name) => !Object.hasOwn(value as object, name))

interface WireActivity {
  id: string
  votes: { user: { apiKeys: unknown[] }; message: string }[]
  intent: Record<string, unknown>
}

describe.each(engines)('an activity on %s', (engine) => {
  let world: World
  let userId: string
  let walletId: string
  let address: string
  beforeAll(async () => {
    world = await startWorld({ engine })
    userId = (await createUser(world, generateKey())).userId
    const made = await world.admin.submit('create_wallet', {
      walletName: 'for all',
      accounts: [ethereumAccount],
    })
    walletId = made.at('activity.result.createWalletResult.walletId')
    address = made.at('activity.result.createWalletResult.addresses.0')
  })
  afterAll(() => world.server.dispose())

  const solana = {
    curve: 'CURVE_ED25519',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: "m/44'/501'/0'/0'",
    addressFormat: 'ADDRESS_FORMAT_SOLANA',
  }
  const raw = {
    payload: 'a',
    encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
    hashFunction: 'HASH_FUNCTION_SHA256',
  }
  const rootUsers = [{ userName: 'r', apiKeys: [], authenticators: [], oauthProviders: [] }]
  const sub = { subOrganizationName: 's', rootUsers, rootQuorumThreshold: 1 }
  const oneUser = {
    users: [{ userName: 'u', apiKeys: [], authenticators: [], oauthProviders: [], userTags: [] }],
  }

  /** Path, type, intent key, result key, parameters, and what the result holds. */
  const ROWS: [string, string, string, string, () => object, object][] = [
    [
      'create_wallet',
      'CREATE_WALLET',
      'createWalletIntent',
      'createWalletResult',
      () => ({ walletName: 'w', accounts: [solana], mnemonicLength: 12 }),
      { walletId: UUID, addresses: [textLike(/./)] },
    ],
    [
      'create_wallet_accounts',
      'CREATE_WALLET_ACCOUNTS',
      'createWalletAccountsIntent',
      'createWalletAccountsResult',
      () => ({ walletId, accounts: [solana] }),
      { addresses: [textLike(/./)] },
    ],
    [
      'create_users',
      'CREATE_USERS_V3',
      'createUsersIntentV3',
      'createUsersResult',
      () => oneUser,
      { userIds: [UUID] },
    ],
    [
      'create_users',
      'CREATE_USERS_V4',
      'createUsersIntentV4',
      'createUsersResult',
      () => oneUser,
      { userIds: [UUID] },
    ],
    [
      'create_api_keys',
      'CREATE_API_KEYS',
      'createApiKeysIntent',
      'createApiKeysResult',
      () => ({ userId, apiKeys: [{ apiKeyName: 'v1', publicKey: generateKey().publicKey }] }),
      { apiKeyIds: [UUID] },
    ],
    [
      'create_api_keys',
      'CREATE_API_KEYS_V2',
      'createApiKeysIntentV2',
      'createApiKeysResult',
      () => ({ userId, apiKeys: [apiKeyParams(generateKey('ED25519'), 'v2')] }),
      { apiKeyIds: [UUID] },
    ],
    [
      'create_sub_organization',
      'CREATE_SUB_ORGANIZATION_V7',
      'createSubOrganizationIntentV7',
      'createSubOrganizationResultV7',
      () => sub,
      { subOrganizationId: UUID, rootUserIds: [UUID] },
    ],
    [
      'create_sub_organization',
      'CREATE_SUB_ORGANIZATION_V8',
      'createSubOrganizationIntentV8',
      'createSubOrganizationResultV8',
      () => ({ ...sub, wallet: { walletName: 'n', accounts: [solana] } }),
      {
        subOrganizationId: UUID,
        rootUserIds: [UUID],
        wallet: { walletId: UUID, addresses: [textLike(/./)] },
      },
    ],
    [
      'sign_raw_payload',
      'SIGN_RAW_PAYLOAD_V2',
      'signRawPayloadIntentV2',
      'signRawPayloadResult',
      () => ({ signWith: address, ...raw }),
      { r: textLike(/./), s: textLike(/./), v: textLike(/./) },
    ],
    [
      'update_root_quorum',
      'UPDATE_ROOT_QUORUM',
      'updateRootQuorumIntent',
      'updateRootQuorumResult',
      () => ({ threshold: 1, userIds: [world.server.admin.userId] }),
      {},
    ],
  ]

  test.each(ROWS)('of %s has every field: %s', async (...row) => {
    const [path, type, intentKey, resultKey, parametersOf, result] = row
    const parameters = parametersOf()
    const body = world.admin.body(type, parameters)
    const header = JSON.parse(
      Buffer.from(stamp(world.admin.key, body), 'base64url').toString(),
    ) as Record<string, string>
    const answer = await world.admin.send(`submit/${path}`, body)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.json).toEqual({
      activity: {
        id: UUID,
        organizationId: world.organizationId,
        status: 'ACTIVITY_STATUS_COMPLETED',
        type: `ACTIVITY_TYPE_${type}`,
        intent: { [intentKey]: parameters },
        result: { [resultKey]: result },
        votes: [
          {
            id: ANY_UUID,
            userId: world.server.admin.userId,
            user: containing({ userId: world.server.admin.userId, userName: 'admin' }),
            activityId: answer.at('activity.id'),
            selection: 'VOTE_SELECTION_APPROVED',
            message: body,
            publicKey: world.admin.key.publicKey,
            signature: textLike(/^30[0-9a-f]+$/),
            scheme: header['scheme'],
            createdAt: TIME,
          },
        ],
        fingerprint: `sha256:${createHash('sha256').update(body).digest('hex')}`,
        canApprove: false,
        canReject: false,
        createdAt: TIME,
        updatedAt: TIME,
        failure: null,
      },
    })
    expectComplete(answer)
    const found = await world.admin.query('get_activity', { activityId: answer.at('activity.id') })
    expect(found.json).toEqual(answer.json)
  })

  function expectComplete(answer: Answer): void {
    const activity = answer.at<WireActivity>('activity')
    expect(lacks(activity, 'activity')).toEqual([])
    expect(activity.votes.length).toBeGreaterThan(0)
    for (const vote of activity.votes) {
      expect(lacks(vote, 'vote')).toEqual([])
      expect(lacks(vote.user, 'user')).toEqual([])
      expect(vote.user.apiKeys.length).toBeGreaterThan(0)
      for (const key of vote.user.apiKeys) expect(lacks(key, 'apiKey')).toEqual([])
    }
  }

  test('embeds the voter with its keys', async () => {
    const answer = await world.admin.submit('create_wallet', { walletName: 'voter', accounts: [] })
    expect(answer.at('activity.votes.0.user')).toEqual({
      userId: world.server.admin.userId,
      userName: 'admin',
      authenticators: [],
      apiKeys: [
        {
          credential: {
            publicKey: world.admin.key.publicKey,
            type: 'CREDENTIAL_TYPE_API_KEY_P256',
          },
          apiKeyId: world.server.admin.apiKeyId,
          apiKeyName: textLike(/./),
          createdAt: TIME,
          updatedAt: TIME,
        },
      ],
      userTags: [],
      oauthProviders: [],
      mfaPolicies: [],
      createdAt: TIME,
      updatedAt: TIME,
    })
  })

  test('that failed is kept with its failure, and answers the error each time', async () => {
    const body = world.admin.body('CREATE_WALLET', { walletName: 'for all', accounts: [] })
    const error = {
      code: 3,
      message: 'wallet label must be unique',
      details: [],
      turnkeyErrorCode: '',
    }
    for (const answer of [1, 2]) {
      const refused = await world.admin.send('submit/create_wallet', body)
      expect([answer, refused.status, refused.json]).toEqual([answer, 400, error])
    }
    const listed = await world.admin.query('list_activities', {
      filterByStatus: ['ACTIVITY_STATUS_FAILED'],
    })
    const fingerprint = `sha256:${createHash('sha256').update(body).digest('hex')}`
    expect(listed.json).toMatchObject({
      activities: [
        {
          fingerprint,
          result: {},
          failure: { code: 3, message: 'wallet label must be unique', details: [] },
        },
      ],
    })
  })

  test('that was denied is kept with its failure, and its id is in the details', async () => {
    const key = generateKey()
    await createUser(world, key, 'powerless')
    const powerless = Object.assign(Object.create(world.admin) as typeof world.admin, { key })
    const refused = await powerless.submit('create_wallet', { walletName: 'denied', accounts: [] })
    expect(refused.status).toBe(403)
    expect(refused.at('details.0')).toEqual({
      '@type': 'type.googleapis.com/errors.v1.PolicyEnginePermissionError',
      message: 'No policies evaluated to outcome: Allow',
      policyEvaluations: [],
    })
    const activityId = refused.at('details.1.resourceName')
    const kept = await world.admin.query('get_activity', { activityId })
    expect(kept.json).toMatchObject({
      activity: {
        status: 'ACTIVITY_STATUS_FAILED',
        result: {},
        failure: { code: 7, message: 'request not authorized' },
        votes: [{ user: { userName: 'powerless' } }],
      },
    })
  })

  test('drops explicit nulls from its intent', async () => {
    const answer = await world.admin.submit('create_wallet', {
      walletName: 'nulls',
      accounts: [{ ...solana, name: null }],
      mnemonicLength: null,
    })
    const intent = { walletName: 'nulls', accounts: [solana] }
    expect(answer.at('activity.intent')).toEqual({ createWalletIntent: intent })
  })
})
