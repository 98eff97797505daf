// Every published error, word for word: provoked here, or in the test that is named.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  apiKeyParams,
  generateKey,
  post,
  stamp,
  TestClient,
} from '../../support/client.ts'
import { asHost, setLimits } from '../../support/governance.ts'
import { engines } from '../../support/server.ts'
import { authenticatorParams, makePasskey, PasskeyClient } from '../../support/webauthn.ts'
import {
  ASSERTION,
  FINGERPRINT,
  REQUESTS_MAX,
  UNKNOWN_ID,
  WITHOUT_DATA,
  account,
  below,
  denied,
  encode,
  fields,
  keys,
  otherRoot,
  overRate,
  passkeyOrganization,
  policy,
  query,
  register,
  sign,
  stranger,
  wallet,
} from './provocations.ts'
import { type PublishedError, publishedErrors } from './publishedErrors.ts'
import {
  createSubOrganization,
  createUser,
  errorOf,
  ethereumAccount,
  startWorld,
  type World,
} from './world.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** What is open to the reader: how it is provoked, or the test that does; or what it waits for. */
type Row =
  | {
      provoke: (world: World) => Promise<Answer>
      turnkeyErrorCode?: string
      /** Members of each entry of `details`; by default there is none. */
      details?: readonly object[]
      /** Where clients need more around the message than the page prints. */
      message?: string
    }
  | { shownIn: string; test: string }
  | { waitsFor: 'e-mail templates' }

const rows: Record<PublishedError, Row> = {
  'malformed organization ID provided': {
    provoke: ({ admin }) => admin.query('whoami', { organizationId: 'x' }),
    turnkeyErrorCode: 'INVALID_ORGANIZATION_ID',
  },
  'bad request body': {
    provoke: ({ admin }) => admin.submit('create_wallet', { accounts: [] }),
    turnkeyErrorCode: 'REQUEST_INVALID',
    details: [fields('walletName')],
  },
  'failed to load organizations': {
    provoke: (world) => stranger(world, UNKNOWN_ID).query('whoami'),
    turnkeyErrorCode: 'ORGANIZATION_NOT_FOUND',
  },
  'policy label must be unique': {
    async provoke(world) {
      await policy(world, { policyName: 'taken' })
      return policy(world, { policyName: 'taken' })
    },
  },
  'invalid policy consensus': {
    provoke: (world) => policy(world, { consensus: 'approvers.count()' }),
    details: [fields('consensus')],
  },
  'invalid policy condition': {
    provoke: (world) => policy(world, { condition: 'eth.tx.valu < 1' }),
    details: [fields('condition')],
  },
  'quorum threshold must be non-zero integer': {
    provoke: (world) => below(world, { rootQuorumThreshold: 0 }),
  },
  'quorum users missing': { provoke: (world) => below(world, { rootUsers: [] }) },
  'invalid api key expiration': { provoke: (world) => keys(world, ['soon']) },
  'missing parameter: user authenticator attestation': {
    provoke: (world) => register(world, { attestation: undefined }),
    details: [fields('authenticators.0.attestation')],
  },
  'invalid authenticator attestation': {
    provoke: (world) => register(world, { challenge: 'another' }),
  },
  'missing parameter: user authenticator attestation auth data': {
    provoke: (world) => register(world, authenticatorParams(makePasskey(), 'bare', WITHOUT_DATA)),
  },
  'missing wallet params': {
    provoke: (world) => below(world, { wallet: { accounts: [] } }),
    details: [fields('wallet.walletName')],
  },
  'invalid path format': {
    provoke: (world) => wallet(world, account({ pathFormat: 'PATH_FORMAT_OTHER' })),
    details: [fields('accounts.0.pathFormat')],
  },
  'invalid path': { provoke: (world) => wallet(world, account({ path: 'm/x' })) },
  'invalid address format': {
    provoke: (world) => wallet(world, account({ addressFormat: 'ADDRESS_FORMAT_OTHER' })),
    details: [fields('accounts.0.addressFormat')],
  },
  'invalid curve': {
    provoke: (world) => wallet(world, account({ curve: 'CURVE_OTHER' })),
    details: [fields('accounts.0.curve')],
  },
  'curve required': {
    provoke: (world) => wallet(world, account({ curve: undefined })),
    details: [fields('accounts.0.curve')],
  },
  'invalid payload encoding': {
    provoke: (world) => sign(world, { encoding: 'PAYLOAD_ENCODING_OTHER' }),
    details: [fields('encoding')],
  },
  'invalid hash function': {
    provoke: (world) => sign(world, { hashFunction: 'HASH_FUNCTION_OTHER' }),
    details: [fields('hashFunction')],
  },
  'invalid magic link template': { waitsFor: 'e-mail templates' },
  'failed to get email template contents': { waitsFor: 'e-mail templates' },
  'failed to unmarshal template variables': { waitsFor: 'e-mail templates' },
  'failed to parse transaction': {
    async provoke(world) {
      const made = await world.admin.submit('create_wallet', {
        walletName: 'signing',
        accounts: [ethereumAccount],
      })
      const signWith = made.at('activity.result.createWalletResult.addresses.0')
      const what = { signWith, type: 'TRANSACTION_TYPE_ETHEREUM', unsignedTransaction: '02c0' }
      return world.admin.submit('sign_transaction', what, 'SIGN_TRANSACTION_V2')
    },
    turnkeyErrorCode: 'INVALID_TRANSACTION',
    details: [fields('unsignedTransaction')],
  },
  'organization mismatch: request is targeting organization ("<a>"), but voters are in organization ("<b>")':
    {
      shownIn: 'tests/conformance/turnkey/consensus.test.ts',
      test: 'the parent may read what waits, and may not vote on it',
    },
  'no valid authentication signature found for request': {
    provoke: (world) => query(world, {}),
    turnkeyErrorCode: 'SIGNATURE_MISSING',
  },
  'could not find public key in organization': {
    provoke: (world) => stranger(world, world.organizationId).query('list_wallets'),
    turnkeyErrorCode: 'PUBLIC_KEY_NOT_FOUND',
  },
  'failed while looking up public key in parent organization': {
    shownIn: 'packages/server/test/deletedParent.test.ts',
    test: 'below a deleted parent its users are unknown, and own users find nothing',
  },
  'could not find public key in organization or its parent organization': {
    async provoke(world) {
      const { organizationId } = await createSubOrganization(world, generateKey())
      return stranger(world, organizationId).query('whoami')
    },
    turnkeyErrorCode: 'PUBLIC_KEY_NOT_FOUND',
  },
  'could not verify WebAuthN signature': {
    async provoke(world) {
      const { organizationId, passkey } = await passkeyOrganization(world)
      const user = new PasskeyClient(world.server, passkey, organizationId)
      return user.query('whoami', {}, { of: 'another body' })
    },
    turnkeyErrorCode: 'SIGNATURE_INVALID',
  },
  'credential ID could not be found in organization or its parent organization': {
    provoke: (world) => query(world, { 'x-stamp-webauthn': ASSERTION }),
    turnkeyErrorCode: 'CREDENTIAL_NOT_FOUND',
  },
  'public key could not be found in organization or its parent organization': {
    provoke: (world) => stranger(world, world.organizationId).query('whoami'),
    turnkeyErrorCode: 'PUBLIC_KEY_NOT_FOUND',
  },
  'more than one suborg associated with a credential ID': {
    async provoke(world) {
      const { passkey } = await passkeyOrganization(world)
      await passkeyOrganization(world, passkey)
      return new PasskeyClient(world.server, passkey, world.organizationId).query('whoami')
    },
  },
  'more than one suborg associated with a public key': {
    async provoke(world) {
      const key = generateKey()
      await createSubOrganization(world, key)
      await createSubOrganization(world, key)
      return new TestClient(world.server, key, world.organizationId).query('whoami')
    },
  },
  'could not verify api key signature': {
    provoke: (world) => query(world, { 'x-stamp': stamp(world.admin.key, 'another body') }),
    turnkeyErrorCode: 'SIGNATURE_INVALID',
  },
  'expired api key': {
    async provoke(world) {
      const { userId, client } = await createUser(world, generateKey(), 'brief')
      const key = generateKey()
      const params = { ...apiKeyParams(key, 'brief'), expirationSeconds: '1' }
      await client.submit('create_api_keys', { userId, apiKeys: [params] }, 'CREATE_API_KEYS_V2')
      await new Promise((resolve) => setTimeout(resolve, 1100))
      return new TestClient(world.server, key, world.organizationId).query('whoami')
    },
    turnkeyErrorCode: 'API_KEY_EXPIRED',
    message: 'rpc error: code = Unauthenticated desc = expired api key publicKey',
  },
  'malformed activity stamp': { provoke: (world) => query(world, { 'x-stamp': encode([]) }) },
  'could not extract webauthn stamp': {
    provoke: (world) => query(world, { 'x-stamp-webauthn': '{' }),
  },
  'could not extract api key stamp': { provoke: (world) => query(world, { 'x-stamp': '!' }) },
  'cannot authenticate public API activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)':
    {
      provoke: ({ server, admin }) =>
        post(`${server.url}/public/v1/submit/create_wallet`, admin.body('CREATE_WALLET', {}), {}),
      turnkeyErrorCode: 'SIGNATURE_MISSING',
    },
  'request not authorized': {
    async provoke(world) {
      const { client } = await createUser(world, generateKey())
      return client.submit('create_wallet', { walletName: 'denied', accounts: [] })
    },
    turnkeyErrorCode: 'REQUEST_NOT_AUTHORIZED',
    details: [
      {
        '@type': 'type.googleapis.com/errors.v1.PolicyEnginePermissionError',
        message: 'No policies evaluated to outcome: Allow',
        policyEvaluations: expect.toSatisfy(Array.isArray) as unknown,
      },
      { resourceType: 'activity' },
    ],
  },
  'api operations disabled': {
    async provoke(world) {
      const other = await otherRoot(world)
      await asHost(world.server, 'freeze', '--organization', other.organizationId)
      return other.submit('create_wallet', { walletName: 'frozen', accounts: [] })
    },
    turnkeyErrorCode: 'API_OPERATIONS_DISABLED',
  },
  'authentication failed': {
    provoke: (world) => {
      const body = JSON.stringify({ organizationId: world.organizationId })
      return query(world, {
        'x-stamp': stamp(world.admin.key, body),
        'x-stamp-webauthn': ASSERTION,
      })
    },
    turnkeyErrorCode: 'UNAUTHENTICATED',
  },
  'policy engine denied request explicitly': {
    provoke: denied,
    turnkeyErrorCode: 'REQUEST_NOT_AUTHORIZED',
  },
  'webauthn authenticator not found in organization': {
    provoke: ({ admin, server }) =>
      admin.submit('delete_authenticators', {
        userId: server.admin.userId,
        authenticatorIds: [UNKNOWN_ID],
      }),
  },
  'webauthn authenticator not found in organization or parent organization': {
    async provoke(world) {
      const client = await createSubOrganization(world, generateKey())
      return client.query('get_authenticator', { authenticatorId: UNKNOWN_ID })
    },
  },
  'no organization found with the given ID': {
    provoke: (world) => stranger(world, UNKNOWN_ID).query('list_wallets'),
    turnkeyErrorCode: 'ORGANIZATION_NOT_FOUND',
  },
  'No activity found with fingerprint. Consensus activities must target an existing activity by fingerprint':
    {
      provoke: ({ admin }) => admin.submit('approve_activity', { fingerprint: FINGERPRINT }),
    },
  'user has exceeded maximum authenticators': {
    provoke: ({ admin, server }) =>
      admin.submit(
        'create_authenticators',
        {
          userId: server.admin.userId,
          authenticators: Array.from({ length: 11 }, (_, n) =>
            authenticatorParams(makePasskey(), `passkey ${n}`),
          ),
        },
        'CREATE_AUTHENTICATORS_V2',
      ),
  },
  'user has exceeded maximum long-lived api keys': {
    provoke: (world) => keys(world, Array<undefined>(10).fill(undefined)),
  },
  'user has exceeded maximum short-lived api keys': {
    provoke: (world) => keys(world, Array<string>(11).fill('60')),
  },
  'this organization cannot execute activities because it is over its allotted quota. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    {
      shownIn: 'tests/e2e/quota.test.ts',
      test: 'refuses without an activity, so that the same body signs once more are allowed',
    },
  'this sub-organization cannot execute activities because its parent is over its allotted quota. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    {
      async provoke(world) {
        const other = await otherRoot(world)
        await setLimits(world.server, other.organizationId, 'signaturesPerMonth=0')
        const client = await createSubOrganization({ ...world, admin: other }, generateKey())
        const made = await client.submit('create_wallet', {
          walletName: 'signing',
          accounts: [ethereumAccount],
        })
        const signWith = made.at('activity.result.createWalletResult.addresses.0')
        return sign({ ...world, admin: client }, { signWith })
      },
      turnkeyErrorCode: 'SIGNING_QUOTA_EXCEEDED',
    },
  'this organization cannot execute activities because it has been rate limited. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    {
      async provoke(world) {
        const other = await otherRoot(world)
        await setLimits(world.server, other.organizationId, `requestsPerMinute=${REQUESTS_MAX}`)
        return overRate(other)
      },
      turnkeyErrorCode: 'RATE_LIMIT_EXCEEDED',
    },
  'this sub-organization cannot execute activities because its parent has been rate limited. Please reach out to the Turnkey team (help@turnkey.com) for more information.':
    {
      async provoke(world) {
        const other = await otherRoot(world)
        const client = await createSubOrganization({ ...world, admin: other }, generateKey())
        await setLimits(world.server, other.organizationId, `requestsPerMinute=${REQUESTS_MAX}`)
        return overRate(client)
      },
      turnkeyErrorCode: 'RATE_LIMIT_EXCEEDED',
    },
  'internal server error': {
    shownIn: 'tests/e2e/tampering.test.ts',
    test: 'refuses a credential that was inserted',
  },
}

const published = Object.keys(publishedErrors) as PublishedError[]

/** How many the documents have; a new one belongs into the list, and then this number goes up. */
const PUBLISHED = 56

test('the list has every published error, and each has a row', () => {
  expect(published).toHaveLength(PUBLISHED)
  expect(Object.keys(rows).sort()).toEqual([...published].sort())
})

test('the tests that rows name exist', () => {
  for (const message of published) {
    const row = rows[message]
    if (!('shownIn' in row)) continue
    expect(globSync(row.shownIn, { cwd: ROOT })).toEqual([row.shownIn])
    expect(readFileSync(join(ROOT, row.shownIn), 'utf8')).toContain(`test('${row.test}'`)
  }
})

const provoked = published.filter((message) => 'provoke' in rows[message])

describe.each(engines)('an error on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  test.each(provoked)('%s', async (message) => {
    const row = rows[message]
    if (!('provoke' in row)) throw new Error('nothing provokes it')
    const answer = await row.provoke(world)
    const [http, grpc] = publishedErrors[message]
    expect([answer.status, answer.text]).toEqual([http, answer.text])
    expect(errorOf(answer)).toMatchObject({
      code: grpc,
      message: row.message ?? message,
      turnkeyErrorCode: row.turnkeyErrorCode ?? '',
    })
    expect(errorOf(answer).details).toMatchObject(row.details ?? [])
    expect(errorOf(answer).details).toHaveLength(row.details?.length ?? 0)
  })
})
