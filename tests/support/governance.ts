// Limits, freezing and usage as the host's shell sees them.
import { expect } from 'vitest'
import { type Answer, apiKeyParams, generateKey, TestClient } from './client.ts'
import { keystead } from './command.ts'
import { numberOf, withDatabase } from './database.ts'
import type { TestServer } from './server.ts'

/** Runs a command on the server's data, which must succeed. @returns what it printed */
export async function asHost(server: TestServer, ...words: string[]): Promise<string> {
  const ended = await keystead([...words, '--data', server.data], { env: server.env })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return ended.stdout
}

/** Sets limits of an organization, such as `users=5`. */
export async function setLimits(
  server: TestServer,
  organizationId: string,
  ...assignments: string[]
): Promise<Record<string, number | null>> {
  const words = ['organizations', 'limits', '--organization', organizationId, ...assignments]
  return JSON.parse(await asHost(server, ...words)) as Record<string, number | null>
}

/** A client of a new sub-organization with one root user. */
export async function createBelow(parent: TestClient): Promise<TestClient> {
  const key = generateKey()
  const made = await parent.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'below',
      rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V7',
  )
  const id = made.at('activity.result.createSubOrganizationResultV7.subOrganizationId')
  return new TestClient(parent, key, id)
}

/** How many distinct messages there are, by status. */
export function tally(answers: readonly (Answer | null)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) {
    const message = answer?.status === 200 ? 'ok' : (answer?.at('message') ?? 'no answer')
    counts[message] = (counts[message] ?? 0) + 1
  }
  return counts
}

/** Counts rows of an organization. */
export function countRows(
  { server, organizationId }: { server: TestServer; organizationId: string },
  table: string,
  where = '1 = 1',
): Promise<number> {
  return withDatabase(server, (database) =>
    numberOf(
      database,
      `select count(*) from ${table} where organization_id = ? and ${where}`,
      database.id(organizationId),
    ),
  )
}

const CONTACT = 'Please reach out to the Turnkey team (help@turnkey.com) for more information.'
const SELF = 'this organization cannot execute activities because it'
const BELOW = 'this sub-organization cannot execute activities because its parent'

/** The published texts of limits. */
export const OVER_QUOTA = `${SELF} is over its allotted quota. ${CONTACT}`
export const PARENT_OVER_QUOTA = `${BELOW} is over its allotted quota. ${CONTACT}`
export const RATE_LIMITED = `${SELF} has been rate limited. ${CONTACT}`
export const PARENT_RATE_LIMITED = `${BELOW} has been rate limited. ${CONTACT}`
