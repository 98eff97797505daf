// What the conformance tests share: a running server, its admin, and the official clients.
import { Turnkey as NewestTurnkey } from '@turnkey/sdk-server-newest'
import { Turnkey as SeedTurnkey } from '@turnkey/sdk-server-seed'
import { expect } from 'vitest'
import {
  type Answer,
  adminKey,
  apiKeyParams,
  TestClient,
  type TestKey,
} from '../../support/client.ts'
import { type ServerOptions, startServer, type TestServer } from '../../support/server.ts'

export interface World {
  server: TestServer
  admin: TestClient
  organizationId: string
}

export async function startWorld(options: ServerOptions): Promise<World> {
  const server = await startServer(options)
  const { organizationId } = server.admin
  const admin = new TestClient(server, adminKey(server.admin), organizationId)
  return { server, admin, organizationId }
}

export const clientVersions = ['4.1.1', '8.2.1'] as const
export type ClientVersion = (typeof clientVersions)[number]
const CLIENTS = { '4.1.1': SeedTurnkey, '8.2.1': NewestTurnkey }

/** The official client as its documentation sets it up, speaking for one P-256 key. */
export function officialClient(
  version: ClientVersion,
  speaker: Pick<TestClient, 'url' | 'key' | 'organizationId'>,
) {
  const { url, key, organizationId } = speaker
  return new CLIENTS[version]({
    apiBaseUrl: url,
    apiPublicKey: key.publicKey,
    apiPrivateKey: key.privateKey.toString('hex'),
    defaultOrganizationId: organizationId,
    activityPoller: { intervalMs: 20, numRetries: 1 },
  }).apiClient()
}

/** Text like `pattern`, inside an expected value. */
export const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern)

/** The documented error body. */
export interface WireError {
  code: number
  message: string
  details: unknown[]
  turnkeyErrorCode: string
}

/** Asserts the documented error shape, exactly, and returns it. */
export function errorOf(answer: Answer): WireError {
  expect(answer).toMatchObject({ contentType: 'application/json' })
  expect(answer.json).toEqual({
    code: expect.toSatisfy(Number.isInteger) as unknown,
    message: textLike(/./),
    details: expect.toSatisfy(Array.isArray) as unknown,
    turnkeyErrorCode: textLike(/^[A-Z_]*$/),
  })
  return answer.json as WireError
}

/** The `[field, description]` pairs of a bad request. */
export function violationsOf(answer: Answer): { field: string; description: string }[] {
  return errorOf(answer).details.flatMap((detail) => {
    const { fieldViolations } = detail as {
      fieldViolations?: { field: string; description: string }[]
    }
    return fieldViolations ?? []
  })
}

/** Creates a sub-organization whose only root user holds `key`, and speaks for it. */
export async function createSubOrganization(world: World, key: TestKey): Promise<TestClient> {
  const made = await world.admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'below',
      rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V7',
  )
  const id = made.at('activity.result.createSubOrganizationResultV7.subOrganizationId')
  return new TestClient(world.server, key, id)
}

/** Creates a user of the admin's organization that holds `key`. */
export async function createUser(world: World, key: TestKey, userName = 'member') {
  const made = await world.admin.submit(
    'create_users',
    { users: [{ userName, apiKeys: [apiKeyParams(key)] }] },
    'CREATE_USERS_V3',
  )
  return {
    userId: made.at('activity.result.createUsersResult.userIds.0'),
    client: new TestClient(world.server, key, world.organizationId),
  }
}

export const PATHS = {
  ethereum: "m/44'/60'/0'/0/0",
  solana: "m/44'/501'/0'/0'",
}

export const ethereumAccount = {
  curve: 'CURVE_SECP256K1',
  pathFormat: 'PATH_FORMAT_BIP32',
  path: PATHS.ethereum,
  addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
} as const
