// Objects of other organizations: named in one's own, they are answered like ids that never were.
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import { operations } from '../../src/family/turnkey/operations.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import type { Furniture } from './rows.ts'
import { ask, bodyFor, createFamily, realParams } from './world.ts'

/** Operations that say about an unknown object something else than 404, as the API publishes. */
const ELSE: Record<string, number> = { updateRootQuorum: 400 }

const others = ['another root organization', 'one below it', 'its own sub-organization'] as const

function nowhere(organizationId: string): Furniture {
  return {
    organizationId,
    subOrganizationId: randomUUID(),
    userId: randomUUID(),
    walletId: randomUUID(),
    walletAccountId: randomUUID(),
    address: `0x${randomBytes(20).toString('hex')}`,
    privateKeyId: randomUUID(),
    activityId: randomUUID(),
    fingerprint: `sha256:${randomBytes(32).toString('hex')}`,
  }
}

/** The answer, but for the id of the activity that keeps a refusal. */
const plain = ({ status, text }: Answer) =>
  `${status} ${text.replaceAll(/"resourceName":"[0-9a-f-]{36}"/g, '"resourceName":""')}`

/** What names an object, beside the organization itself. */
const naming = operations
  .filter((operation) => {
    const [one, two] = [nowhere('x'), nowhere('x')].map((here) => realParams(operation, here))
    return JSON.stringify(one) !== JSON.stringify(two)
  })
  .map((operation) => [operation.name, operation] as const)

const more = ['create_wallet_accounts', 'sign_raw_payload', 'get_activity', 'get_private_key']

test('every operation that names an object is tried', () => {
  const paths = naming.map(([, { path }]) => path.split('/').at(-1))
  expect(paths).toEqual(expect.arrayContaining(more))
  expect(naming.length).toBeGreaterThan(10)
})

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let instance: Instance
  let own: Awaited<ReturnType<typeof createFamily>>
  let foreign: Awaited<ReturnType<typeof createFamily>>

  beforeAll(async () => {
    instance = await openInstance(engine)
    ;[own, foreign] = [await createFamily(instance), await createFamily(instance)]
  })
  afterAll(() => instance.dispose())

  const furnitureOf = (whose: (typeof others)[number]) =>
    ({
      'another root organization': foreign.top,
      'one below it': foreign.below,
      'its own sub-organization': own.below,
    })[whose].here

  describe.each(naming)('%s', (name, operation) => {
    test.each(others)('finds nothing of %s', async (whose) => {
      const { organizationId } = own.top.here
      const askFor = (here: Furniture) => {
        const body = bodyFor(operation, organizationId, realParams(operation, here))
        return ask(instance, operation, { key: own.top.root.key, body })
      }
      const answer = await askFor({ ...furnitureOf(whose), organizationId })
      expect(answer).toMatchObject({ status: ELSE[name] ?? 404 })
      expect(plain(answer)).toBe(plain(await askFor(nowhere(organizationId))))
    })
  })

  test('what is refused there is found at home', async () => {
    for (const [, operation] of naming.filter(([, { kind }]) => kind === 'query')) {
      const { here, root } = foreign.top
      const body = bodyFor(operation, here.organizationId, realParams(operation, here))
      const answer = await ask(instance, operation, { key: root.key, body })
      expect(answer).toMatchObject({ status: 200 })
    }
  })
})
