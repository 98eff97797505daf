// Requests that are refused, for the test of every published error.
import { expect } from 'vitest'
import { type Answer, apiKeyParams, generateKey, post, TestClient } from '../../support/client.ts'
import { asHost } from '../../support/governance.ts'
import { authenticatorParams, cbor, makePasskey } from '../../support/webauthn.ts'
import { createUser, ethereumAccount, type World } from './world.ts'

export const UNKNOWN_ID = '019a0000-0000-7000-8000-00000000dead'
export const FINGERPRINT = `sha256:${'0'.repeat(64)}`

export const ASSERTION = JSON.stringify({
  authenticatorData: 'AA',
  clientDataJson: 'AA',
  credentialId: 'AA',
  signature: 'AA',
})

export const fields = (...list: string[]) => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: list.map((field) => expect.objectContaining({ field }) as unknown),
})

export const account = (change: object) => ({ ...ethereumAccount, ...change })
export const wallet = ({ admin }: World, ...accounts: object[]) =>
  admin.submit('create_wallet', { walletName: 'refused', accounts })
export const policy = ({ admin }: World, change: object) =>
  admin.submit(
    'create_policy',
    { policyName: 'refused', effect: 'EFFECT_ALLOW', condition: "wallet.label == ''", ...change },
    'CREATE_POLICY_V3',
  )
export async function denied(world: World): Promise<Answer> {
  const { client } = await createUser(world, generateKey())
  const condition = "activity.type == 'ACTIVITY_TYPE_UPDATE_WALLET'"
  await policy(world, { policyName: 'denied', effect: 'EFFECT_DENY', condition })
  return client.submit('update_wallet', { walletId: UNKNOWN_ID, walletName: 'denied' })
}
export const sign = ({ admin }: World, change: object) =>
  admin.submit(
    'sign_raw_payload',
    {
      signWith: '0x0000000000000000000000000000000000000001',
      payload: 'hello',
      encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
      hashFunction: 'HASH_FUNCTION_KECCAK256',
      ...change,
    },
    'SIGN_RAW_PAYLOAD_V2',
  )
export const below = ({ admin }: World, change: object) =>
  admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'refused',
      rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(generateKey())] }],
      rootQuorumThreshold: 1,
      ...change,
    },
    'CREATE_SUB_ORGANIZATION_V7',
  )
export const keys = ({ admin, server }: World, expirationSeconds: (string | undefined)[]) =>
  admin.submit(
    'create_api_keys',
    {
      userId: server.admin.userId,
      apiKeys: expirationSeconds.map((seconds, index) => ({
        ...apiKeyParams(generateKey(), `key ${index}`),
        expirationSeconds: seconds,
      })),
    },
    'CREATE_API_KEYS_V2',
  )
/** An attestation object that says nothing about a credential. */
export const WITHOUT_DATA = {
  attestationObject: cbor(
    new Map<string, string | Map<string, string>>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
    ]),
  ).toString('base64url'),
}
/** Adds a passkey to the admin. @param change members of its registration to replace */
export const register = ({ admin, server }: World, change: object) =>
  admin.submit(
    'create_authenticators',
    {
      userId: server.admin.userId,
      authenticators: [{ ...authenticatorParams(makePasskey()), ...change }],
    },
    'CREATE_AUTHENTICATORS_V2',
  )
/** A sub-organization whose only root user has that passkey. */
export async function passkeyOrganization(world: World, passkey = makePasskey()) {
  const rootUsers = [{ userName: 'owner', authenticators: [authenticatorParams(passkey)] }]
  const made = await below(world, { rootUsers })
  const path = 'activity.result.createSubOrganizationResultV7.subOrganizationId'
  return { organizationId: made.at(path), passkey }
}
/** Posts a query under headers of its own. */
export const query = ({ server, organizationId }: World, headers: Record<string, string>) =>
  post(`${server.url}/public/v1/query/list_wallets`, JSON.stringify({ organizationId }), headers)
export const stranger = ({ server }: World, organizationId: string) =>
  new TestClient(server, generateKey(), organizationId)
export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

export const REQUESTS_MAX = 3

/** A root organization of its own, which may be left in any state. */
export async function otherRoot({ server }: World): Promise<TestClient> {
  const key = generateKey()
  const words = ['create', '--organization-name', 'other', '--api-public-key', key.publicKey]
  const made = JSON.parse(
    await asHost(server, 'organizations', ...words),
  ) as World['server']['admin']
  return new TestClient(server, key, made.organizationId)
}

/** The answer once a limit of requests is used up. */
export async function overRate(client: TestClient): Promise<Answer> {
  for (let n = 0; n <= 2 * REQUESTS_MAX; n++) {
    const answer = await client.submit('approve_activity', { fingerprint: FINGERPRINT })
    if (answer.status === 429) return answer
  }
  throw new Error('nothing was limited')
}
