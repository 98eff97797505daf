// Bad values in otherwise valid requests: the field is named, and so is what is wrong with it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { errorOf, ethereumAccount, startWorld, violationsOf, type World } from './world.ts'

const TEXT = 'must be well-formed text without control characters'
const LONG = 'must have at most 255 characters'
const key = apiKeyParams(generateKey())
const account = (change: object) => ({
  walletName: 'w',
  accounts: [{ ...ethereumAccount, ...change }],
})
const user = (change: object) => ({ users: [{ userName: 'u', ...change }] })
const sub = (change: object) => ({
  subOrganizationName: 's',
  rootUsers: [{ userName: 'r', apiKeys: [] }],
  rootQuorumThreshold: 1,
  ...change,
})
const raw = (change: object) => ({
  signWith: '0x',
  payload: 'a',
  encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
  hashFunction: 'HASH_FUNCTION_SHA256',
  ...change,
})

/** Path, parameters, message, and the fields named with their descriptions. */
type Row = [string, string, object, string, [string, string][]]

const GENERAL = 'bad request body'
const ROWS: Row[] = [
  ['a label with NUL', 'create_wallet', { walletName: 'a\0b' }, GENERAL, [['walletName', TEXT]]],
  [
    'a label with a lone surrogate',
    'create_wallet',
    { walletName: 'a\ud800' },
    GENERAL,
    [['walletName', TEXT]],
  ],
  [
    'a label with a line break',
    'create_wallet',
    { walletName: 'a\nb' },
    GENERAL,
    [['walletName', TEXT]],
  ],
  [
    'a label of 10,000 characters',
    'create_wallet',
    { walletName: 'a'.repeat(10_000) },
    GENERAL,
    [['walletName', LONG]],
  ],
  [
    'an empty label',
    'create_wallet',
    { walletName: '' },
    GENERAL,
    [['walletName', 'must not be empty']],
  ],
  [
    'a label that is a number',
    'create_wallet',
    { walletName: 5 },
    GENERAL,
    [['walletName', 'must be a string']],
  ],
  ['no label', 'create_wallet', {}, GENERAL, [['walletName', 'is required']]],
  [
    'accounts that are an object',
    'create_wallet',
    { walletName: 'w', accounts: {} },
    GENERAL,
    [['accounts', 'must be a list']],
  ],
  [
    'a mnemonic of 13 words',
    'create_wallet',
    { walletName: 'w', mnemonicLength: 13 },
    GENERAL,
    [['mnemonicLength', 'must be 12, 15, 18, 21 or 24']],
  ],
  [
    'a mnemonic length in a string',
    'create_wallet',
    { walletName: 'w', mnemonicLength: '12' },
    GENERAL,
    [['mnemonicLength', 'must be 12, 15, 18, 21 or 24']],
  ],
  [
    'an unknown curve',
    'create_wallet',
    account({ curve: 'CURVE_X' }),
    'invalid curve',
    [['accounts.0.curve', 'invalid curve']],
  ],
  [
    'a curve with a prototype name',
    'create_wallet',
    account({ curve: 'constructor' }),
    'invalid curve',
    [['accounts.0.curve', 'invalid curve']],
  ],
  [
    'no curve',
    'create_wallet',
    account({ curve: undefined }),
    'curve required',
    [['accounts.0.curve', 'curve required']],
  ],
  [
    'a null curve',
    'create_wallet',
    account({ curve: null }),
    'curve required',
    [['accounts.0.curve', 'curve required']],
  ],
  [
    'an unknown path format',
    'create_wallet',
    account({ pathFormat: 'PATH_FORMAT_X' }),
    'invalid path format',
    [['accounts.0.pathFormat', 'invalid path format']],
  ],
  [
    'an unknown address format',
    'create_wallet',
    account({ addressFormat: 'x' }),
    'invalid address format',
    [['accounts.0.addressFormat', 'invalid address format']],
  ],
  [
    'an unknown member of an account',
    'create_wallet',
    account({ more: 1 }),
    GENERAL,
    [['accounts.0.more', 'unknown field']],
  ],
  [
    '101 accounts',
    'create_wallet',
    { walletName: 'w', accounts: Array.from({ length: 101 }, () => ethereumAccount) },
    GENERAL,
    [['accounts', 'must have at most 100 members']],
  ],
  [
    'an unknown payload encoding',
    'sign_raw_payload',
    raw({ encoding: 'X' }),
    'invalid payload encoding',
    [['encoding', 'invalid payload encoding']],
  ],
  [
    'an unknown hash function',
    'sign_raw_payload',
    raw({ hashFunction: '__proto__' }),
    'invalid hash function',
    [['hashFunction', 'invalid hash function']],
  ],
  [
    'a payload that is a number',
    'sign_raw_payload',
    raw({ payload: 1 }),
    GENERAL,
    [['payload', 'must be a string']],
  ],
  [
    'a user name with NUL',
    'create_users',
    user({ userName: '\0' }),
    GENERAL,
    [['users.0.userName', TEXT]],
  ],
  [
    'an unknown API key curve',
    'create_users',
    user({ apiKeys: [{ ...key, curveType: 'X' }] }),
    GENERAL,
    [['users.0.apiKeys.0.curveType', 'must be an API_KEY_CURVE_…']],
  ],
  [
    'a public key in no hexadecimal',
    'create_users',
    user({ apiKeys: [{ ...key, publicKey: 'zz' }] }),
    GENERAL,
    [['users.0.apiKeys.0.publicKey', 'must be hexadecimal']],
  ],
  ['no users', 'create_users', { users: [] }, GENERAL, [['users', 'must not be empty']]],
  [
    'a negative float for a threshold',
    'create_sub_organization',
    sub({ rootQuorumThreshold: -1.5 }),
    GENERAL,
    [['rootQuorumThreshold', 'must be an integer']],
  ],
  [
    'a threshold in a string',
    'create_sub_organization',
    sub({ rootQuorumThreshold: '1' }),
    GENERAL,
    [['rootQuorumThreshold', 'must be an integer']],
  ],
  [
    'a wallet without a name',
    'create_sub_organization',
    sub({ wallet: { accounts: [] } }),
    'missing wallet params',
    [['wallet.walletName', 'missing wallet params']],
  ],
  [
    'a float for a threshold',
    'update_root_quorum',
    { threshold: 1.5, userIds: [] },
    GENERAL,
    [['threshold', 'must be an integer']],
  ],
  [
    'a user id that is none',
    'update_root_quorum',
    { threshold: 1, userIds: ['me'] },
    GENERAL,
    [['userIds.0', 'must be a UUID']],
  ],
  [
    'a fingerprint that is none',
    'approve_activity',
    { fingerprint: 'sha256:0' },
    GENERAL,
    [['fingerprint', 'must be sha256: and 64 hexadecimal digits']],
  ],
]

const TYPES: Record<string, string> = {
  sign_raw_payload: 'SIGN_RAW_PAYLOAD_V2',
  create_users: 'CREATE_USERS_V3',
  create_sub_organization: 'CREATE_SUB_ORGANIZATION_V7',
}

describe.each(engines)('bad values on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  test.each(ROWS)('%s', async (...row) => {
    const [, path, parameters, message, fields] = row
    const refused = await world.admin.submit(path, parameters, TYPES[path])
    expect(refused).toMatchObject({ status: 400 })
    expect(errorOf(refused)).toMatchObject({
      code: 3,
      message,
      turnkeyErrorCode: message === GENERAL ? 'REQUEST_INVALID' : '',
    })
    expect(violationsOf(refused)).toEqual(
      fields.map(([field, description]) => ({ field, description })),
    )
  })

  test.each([
    ['a malformed path', 'x/0', 'invalid path'],
    ['a path beyond 31 bits', 'm/2147483648', 'invalid path'],
    ['a path of 300 levels', `m${'/0'.repeat(120)}`, 'invalid path'],
  ])('%s', async (_name, path, message) => {
    const refused = await world.admin.submit('create_wallet', account({ path }))
    expect(refused).toMatchObject({ status: 400 })
    expect(errorOf(refused)).toMatchObject({ code: 3, message })
  })

  test('an unknown filter of a list is named', async () => {
    const refused = await world.admin.query('list_activities', {
      filterByStatus: ['ACTIVITY_STATUS_DONE'],
      filterByType: ['ACTIVITY_TYPE_CREATE_WALLET', 'x'],
      paginationOptions: { limit: 5, page: 2 },
    })
    expect(refused.status).toBe(400)
    expect(violationsOf(refused).map(({ field }) => field)).toEqual([
      'filterByStatus.0',
      'filterByType.1',
      'paginationOptions.limit',
      'paginationOptions.page',
    ])
  })

  test('none of them left an activity but those that failed while they ran', async () => {
    const { activities } = (await world.admin.query('list_activities')).json as {
      activities: { status: string }[]
    }
    expect(activities.map(({ status }) => status)).toEqual(
      Array.from({ length: 3 }, () => 'ACTIVITY_STATUS_FAILED'),
    )
  })
})
