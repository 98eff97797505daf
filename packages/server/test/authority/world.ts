// Organizations with one of everything, and everybody who may ask for something in them.
import {
  Answer,
  apiKeyParams,
  generateKey,
  stamp,
  type TestKey,
} from '../../../../tests/support/client.ts'
import { createTurnkeyFamily } from '../../src/family/turnkey/turnkey.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { handle } from '../../src/pipeline/pipeline.ts'
import { adminClient, AppClient, createWallet } from '../support/client.ts'
import type { Instance } from '../support/instance.ts'
import type { Caller, Furniture, Row } from './rows.ts'

const family = createTurnkeyFamily({ signUp: false })

/** The ids of examples, and what is meant by them. */
const MEANT: [string, keyof Furniture][] = [
  ['019a0000-0000-7000-8000-000000000000', 'organizationId'],
  ['019a0000-0000-7000-8000-000000000001', 'walletId'],
  ['019a0000-0000-7000-8000-000000000002', 'userId'],
  ['019a0000-0000-7000-8000-000000000004', 'subOrganizationId'],
  ['019a0000-0000-7000-8000-000000000006', 'activityId'],
  ['019a0000-0000-7000-8000-000000000007', 'privateKeyId'],
  ['019a0000-0000-7000-8000-000000000008', 'walletAccountId'],
  ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', 'address'],
  [`sha256:${'0'.repeat(64)}`, 'fingerprint'],
]

/** The example parameters of an operation, about real objects. */
export function realParams(operation: Operation, here: Furniture): object {
  const text = MEANT.reduce(
    (example, [id, name]) => example.replaceAll(id, here[name]),
    JSON.stringify(operation.example.params),
  )
  return JSON.parse(text) as object
}

/** The body with which `operation` is asked for. */
export function bodyFor(operation: Operation, organizationId: string, parameters: object): string {
  if (operation.kind === 'query') return JSON.stringify({ ...parameters, organizationId })
  const type = operation.kind === 'vote' ? operation.type : operation.versions[0]?.type
  return JSON.stringify({ type, timestampMs: String(Date.now()), organizationId, parameters })
}

/** Asks for `operation` with the stamp of `key`; null: with none. */
export async function ask(
  { app }: Instance,
  operation: Operation,
  { key, body }: { key: TestKey | null; body: string },
): Promise<Answer> {
  const headers: Record<string, string> = key === null ? {} : { 'x-stamp': stamp(key, body) }
  const { path } = operation
  const request = { path, body: Buffer.from(body), headers, address: '127.0.0.1' }
  const { status, body: bytes } = await handle(app.deps, family, { operation, request })
  return new Answer(new Response(null, { status }), bytes.toString('utf8'))
}

interface Organization {
  /** Speaks for its first root user. */
  root: AppClient
  /** Another user's key. */
  member: TestKey
  here: Furniture
}

const idOf = (answer: Answer, path: string) => answer.at(`activity.result.${path}`)

/** Puts one of everything into the organization of `root`. */
async function furnish(root: AppClient, below: string): Promise<Organization> {
  const { userId, client } = await root.createUser('member')
  const { walletId, address } = await createWallet(root, 'furniture')
  const accounts = await root.query('list_wallet_accounts', { walletId })
  const privateKey = await root.submit(
    'create_private_keys',
    { privateKeys: [{ privateKeyName: 'furniture', curve: 'CURVE_SECP256K1' }] },
    'CREATE_PRIVATE_KEYS_V2',
  )
  return {
    root,
    member: client.key,
    here: {
      organizationId: root.organizationId,
      subOrganizationId: below,
      userId,
      walletId,
      walletAccountId: accounts.at('accounts.0.walletAccountId'),
      address,
      privateKeyId: idOf(privateKey, 'createPrivateKeysResultV2.privateKeys.0.privateKeyId'),
      activityId: privateKey.at('activity.id'),
      fingerprint: privateKey.at('activity.fingerprint'),
    },
  }
}

/** A sub-organization of the organization of `admin`, and its only user. */
async function createBelow(admin: AppClient): Promise<AppClient> {
  const key = generateKey()
  const made = await admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'below',
      rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V8',
  )
  const id = idOf(made, 'createSubOrganizationResultV8.subOrganizationId')
  return new AppClient(admin.app, key, id)
}

/** A root organization with two below it; all but the last have one of everything. */
export async function createFamily(instance: Instance) {
  const admin = adminClient(instance.app, await instance.createOrganization('matrix'))
  const [owner, sister] = [await createBelow(admin), await createBelow(admin)]
  return {
    top: await furnish(admin, owner.organizationId),
    below: await furnish(owner, sister.organizationId),
    sister,
  }
}

/** Gives the root user of `organization` a second one; what waits needs both of them. */
async function openPoll({ root, here }: Organization): Promise<TestKey> {
  const second = await root.createUser('second')
  const first = (await root.query('whoami')).at('userId')
  await root.submit('update_root_quorum', { threshold: 2, userIds: [first, second.userId] })
  const held = await root.send('submit/create_users', root.userBody('voted on'))
  Object.assign(here, {
    activityId: held.at('activity.id'),
    fingerprint: held.at('activity.fingerprint'),
  })
  return second.client.key
}

/** Who asks for something, and where. */
export interface Scene {
  key: TestKey | null
  here: Furniture
}

interface Stage {
  keys: Record<Caller, TestKey | null>
  here: Furniture
}

/** Sets the scenes of the matrix: in organizations that last, unless a request may change them. */
export class Stages {
  readonly #instance: Instance
  readonly #expire: (ms: number) => void
  readonly #lasting = new Map<string, Promise<Stage>>()

  /** @param expire moves the instance's clock ahead */
  constructor(instance: Instance, expire: (ms: number) => void) {
    this.#instance = instance
    this.#expire = expire
  }

  async scene(row: Row, caller: Caller, { changes }: { changes: boolean }): Promise<Scene> {
    const place = {
      isBelow: row.target === 'below' || caller === 'parentUser',
      polled: row.poll || caller === 'oneOfTwoRootUsers',
    }
    const name = JSON.stringify(place)
    const lasting = this.#lasting.get(name)
    const stage = changes || lasting === undefined ? this.#build(place) : lasting
    if (!changes) this.#lasting.set(name, stage)
    const { keys, here } = await stage
    return { key: keys[caller], here }
  }

  async #build({ isBelow, polled }: { isBelow: boolean; polled: boolean }): Promise<Stage> {
    const instance = this.#instance
    const { top, below, sister } = await createFamily(instance)
    const target = isBelow ? below : top
    const { root, here, member } = target
    const expiredKey = await this.#expiredKey(target)
    const second = polled ? await openPoll(target) : null
    const keys = {
      rootUser: second ?? root.key,
      oneOfTwoRootUsers: second,
      otherUser: member,
      foreignUser: adminClient(instance.app, instance.admin).key,
      parentUser: top.root.key,
      subUser: isBelow ? sister.key : below.root.key,
      expiredKey,
      noStamp: null,
    }
    return { keys, here }
  }

  async #expiredKey({ root, here: { userId } }: Organization): Promise<TestKey> {
    const key = generateKey()
    const apiKeys = [{ ...apiKeyParams(key, 'brief'), expirationSeconds: '1' }]
    await root.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
    this.#expire(2000)
    return key
  }
}
