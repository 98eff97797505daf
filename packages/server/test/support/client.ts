// A client that hands stamped requests to an app of this process, without a network between them.
import {
  adminKey,
  Answer,
  apiKeyParams,
  generateKey,
  stamp,
  TestClient,
  type TestKey,
} from '../../../../tests/support/client.ts'
import type { App } from '../../src/app.ts'
import { createTurnkeyFamily } from '../../src/family/turnkey/turnkey.ts'
import type { Admin } from '../../src/host/instance.ts'
import { handle } from '../../src/pipeline/pipeline.ts'

const family = createTurnkeyFamily({ signUp: false })

/** Hands an app a request as it came in. @param sent.path below `/public/v1/` */
export async function hand(
  app: App,
  sent: { path: string; body: Buffer | string; headers: Record<string, string> },
): Promise<Answer> {
  const operation = family.registry.findByPath(`/public/v1/${sent.path}`)
  if (operation === undefined) throw new Error(`nothing is at ${sent.path}`)
  const body = Buffer.from(sent.body)
  const request = { path: operation.path, body, headers: sent.headers, address: '127.0.0.1' }
  const reply = await handle(app.deps, family, { operation, request })
  const { status, headers = {} } = reply
  return new Answer(new Response(null, { status, headers }), reply.body.toString('utf8'))
}

export class AppClient extends TestClient {
  readonly app: App

  constructor(app: App, key: TestKey, organizationId: string) {
    super({ url: 'in-process:' }, key, organizationId)
    this.app = app
  }

  override send(path: string, body: Buffer | string): Promise<Answer> {
    return hand(this.app, { path, body, headers: { 'x-stamp': stamp(this.key, body) } })
  }

  /** The same user through another process. */
  through(app: App): AppClient {
    return new AppClient(app, this.key, this.organizationId)
  }

  /** A body that creates one user. */
  userBody(userName: string, key: TestKey = generateKey()): string {
    const apiKeys = [apiKeyParams(key)]
    return this.body('CREATE_USERS_V4', { users: [{ userName, apiKeys }] })
  }

  /** Creates a user with one key of its own, and speaks for it. */
  async createUser(userName: string): Promise<TestUser> {
    const key = generateKey()
    const made = await this.send('submit/create_users', this.userBody(userName, key))
    const userId = made.at('activity.result.createUsersResult.userIds.0')
    return { userId, client: new AppClient(this.app, key, this.organizationId) }
  }

  approve(fingerprint: string): Promise<Answer> {
    return this.submit('approve_activity', { fingerprint })
  }

  reject(fingerprint: string): Promise<Answer> {
    return this.submit('reject_activity', { fingerprint })
  }
}

export interface TestUser {
  userId: string
  client: AppClient
}

export function adminClient(app: App, admin: Admin): AppClient {
  return new AppClient(app, adminKey(admin), admin.organizationId)
}

/** An organization with `count` root users, of whom `threshold` must agree. */
export async function formQuorum(
  app: App,
  admin: Admin,
  { count, threshold }: { count: number; threshold: number },
): Promise<TestUser[]> {
  const first: TestUser = { userId: admin.userId, client: adminClient(app, admin) }
  const users = [first]
  while (users.length < count) users.push(await first.client.createUser(`root ${users.length}`))
  const userIds = users.map(({ userId }) => userId)
  const made = await first.client.submit('update_root_quorum', { threshold, userIds })
  if (made.status !== 200) throw new Error(made.text)
  return users
}

/** Parameters of an account at `index` of the usual Ethereum path. */
export function accountParams(index: number) {
  return {
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: `m/44'/60'/0'/0/${index}`,
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  }
}

/** Makes a wallet with one account; what it can sign with. */
export async function createWallet(client: AppClient, walletName: string) {
  const made = await client.submit('create_wallet', { walletName, accounts: [accountParams(0)] })
  return {
    walletId: made.at('activity.result.createWalletResult.walletId'),
    address: made.at('activity.result.createWalletResult.addresses.0'),
  }
}

/** The body of a request to sign `payload`. */
export function signBody(client: AppClient, signWith: string, payload: string): string {
  return client.body('SIGN_RAW_PAYLOAD_V2', {
    signWith,
    payload,
    encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
    hashFunction: 'HASH_FUNCTION_KECCAK256',
  })
}
