// Families of furnished organizations, and everybody who may ask for something in them.
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
import { adminClient, AppClient } from '../support/client.ts'
import type { Instance } from '../support/instance.ts'
import { type Furniture, furnish, type Organization } from './furniture.ts'
import type { Caller, Row } from './rows.ts'

const family = createTurnkeyFamily({ signUp: true })

/** All that a server answers at most: with sign-up open. */
export const { operations } = family.registry

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
  const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
  return new AppClient(admin.app, key, id)
}

/** A root organization with two below it; all but the last have one of everything. */
export async function createFamily(instance: Instance, oidcToken: string) {
  const admin = adminClient(instance.app, await instance.createOrganization('matrix'))
  const [owner, sister] = [await createBelow(admin), await createBelow(admin)]
  const below = await furnish(owner, { oidcToken, providerId: null })
  const { providerId } = below.here
  return { top: await furnish(admin, { oidcToken, providerId }), below, sister }
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
  isBelow: boolean
}

interface Stage {
  keys: Record<Caller, TestKey | null>
  here: Furniture
}

interface Means {
  /** See `Furniture`. */
  oidcToken: string
  /** Moves the instance's clock ahead. */
  expire: (ms: number) => void
}

/** Sets the scenes of the matrix: in organizations that last, unless a request may change them. */
export class Stages {
  readonly #instance: Instance
  readonly #means: Means
  readonly #lasting = new Map<string, Promise<Stage>>()

  constructor(instance: Instance, means: Means) {
    this.#instance = instance
    this.#means = means
  }

  async scene(row: Row, caller: Caller, { changes }: { changes: boolean }): Promise<Scene> {
    const isBelow = row.target === 'below' || caller === 'parentUser'
    const place = { isBelow, polled: row.poll || caller === 'oneOfTwoRootUsers' }
    const name = JSON.stringify(place)
    const lasting = this.#lasting.get(name)
    const stage = changes || lasting === undefined ? this.#build(place) : lasting
    if (!changes) this.#lasting.set(name, stage)
    const { keys, here } = await stage
    return { key: keys[caller], here, isBelow }
  }

  async #build({ isBelow, polled }: { isBelow: boolean; polled: boolean }): Promise<Stage> {
    const instance = this.#instance
    const { top, below, sister } = await createFamily(instance, this.#means.oidcToken)
    const target = isBelow ? below : top
    const { root, here, member, invitee, newcomer } = target
    const expiredKey = await this.#expiredKey(target)
    const third = await root.createUser('third')
    const second = polled ? await openPoll(target) : null
    const keys = {
      rootUser: second ?? root.key,
      oneOfTwoRootUsers: second,
      otherUser: member,
      thirdUser: third.client.key,
      foreignUser: adminClient(instance.app, instance.admin).key,
      parentUser: top.root.key,
      subUser: isBelow ? sister.key : below.root.key,
      invitee,
      newcomer,
      expiredKey,
      noStamp: null,
    }
    return { keys, here }
  }

  async #expiredKey({ root, here: { userId } }: Organization): Promise<TestKey> {
    const key = generateKey()
    const apiKeys = [{ ...apiKeyParams(key, 'brief'), expirationSeconds: '1' }]
    await root.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
    this.#means.expire(2000)
    return key
  }
}
