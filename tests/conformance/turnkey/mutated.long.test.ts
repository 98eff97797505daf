// Thousands of mutated bodies: every one is answered in the documented shape, and none breaks it.
import { operations } from '@keystead/server/commands'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inviteByHand } from '../../support/invitee.ts'
import { OPERATIONS_AND_VERSIONS } from '../../support/operations.ts'
import { post, stamp } from '../../support/client.ts'
import { rounds } from '../../support/rounds.ts'
import { engines } from '../../support/server.ts'
import { mutants, seedBodies } from './mutated.ts'
import { errorOf, ethereumAccount, startWorld, type World } from './world.ts'

const CONNECTIONS = 8
/** A run in which an outcome is rarer than this share has shown little. */
const RARE = 0.05

/** What stands for the ids and the address of the records' examples. */
async function examples({ admin, server }: World): Promise<Record<string, string>> {
  const accounts = [ethereumAccount]
  const made = await admin.submit('create_wallet', { walletName: 'real', accounts })
  return {
    '019a0000-0000-7000-8000-000000000001': made.at('activity.result.createWalletResult.walletId'),
    '019a0000-0000-7000-8000-000000000002': server.admin.userId,
    '019a0000-0000-7000-8000-000000000006': made.at('activity.id'),
    '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266': made.at(
      'activity.result.createWalletResult.addresses.0',
    ),
  }
}

describe.each(engines)('mutated bodies on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  test('get an answer, never a 500, and the server goes on', async () => {
    const count = rounds('mutated bodies')
    const seed = Number(process.env['KEYSTEAD_TEST_SEED'] ?? Date.now() % 2 ** 31)
    console.log(`seed: ${seed} (KEYSTEAD_TEST_SEED repeats it)`)
    const invited = await inviteByHand(world.server, world.admin)
    const isForInvitee = new Set(
      operations.filter(({ caller }) => caller === 'invitee').map((operation) => operation.path),
    )
    const seeds = seedBodies(world.organizationId, {
      ...(await examples(world)),
      '019a0000-0000-7000-8000-00000000000a': invited.invitationId,
      '019a0000-0000-7000-8000-00000000000c': invited.userId,
    })
    expect(seeds).toHaveLength(OPERATIONS_AND_VERSIONS)
    const samples = fc.sample(mutants(seeds), { numRuns: count, seed })
    const outcomes = new Map<number, number>()
    const broken: string[] = []
    const types = new Set<string | null>()
    const work = samples.values()
    const worker = async () => {
      for (const { path, body } of work) {
        const { key } = isForInvitee.has(path) ? invited.client : world.admin
        const headers = { 'x-stamp': stamp(key, body) }
        const answer = await post(`${world.server.url}${path}`, body, headers)
        outcomes.set(answer.status, (outcomes.get(answer.status) ?? 0) + 1)
        if (answer.status >= 500) broken.push(`${path} ${body.toString('base64')}: ${answer.text}`)
        else if (answer.status !== 200) errorOf(answer)
        types.add(answer.contentType)
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, worker))
    const counts = Object.fromEntries([...outcomes].toSorted(([a], [b]) => a - b))
    console.log(`outcomes on ${engine}: ${JSON.stringify(counts)}`)
    expect(broken).toEqual([])
    expect([...types]).toEqual(['application/json'])
    expect([...outcomes.values()].reduce((sum, n) => sum + n, 0)).toBe(count)
    for (const status of [200, 400]) {
      expect(outcomes.get(status) ?? 0, `outcomes ${status}`).toBeGreaterThan(count * RARE)
    }
    const who = await world.admin.query('whoami')
    expect(who).toMatchObject({ status: 200, json: { userId: world.server.admin.userId } })
  })
})
