// `organizations delete` and `recover-admin`: what the host does to organizations, and who notices.
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Admin } from '@keystead/server/commands'
import { adminKey, apiKeyParams, generateKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const NOT_FOUND = { code: 5, message: 'no organization found with the given ID' }

describe.each(engines)('commands about organizations on %s', (engine) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ engine })
  })
  afterAll(() => server.dispose())

  const run = (...words: string[]) =>
    keystead([...words, '--data', server.data], { env: server.env })
  const clientOf = (admin: Admin) => new TestClient(server, adminKey(admin), admin.organizationId)
  const create = async (name: string): Promise<Admin> =>
    JSON.parse((await run('organizations', 'create', '--organization-name', name)).stdout) as Admin
  const createBelow = async (admin: Admin, wallet?: object) => {
    const key = generateKey()
    const made = await clientOf(admin).submit(
      'create_sub_organization',
      {
        subOrganizationName: 'below',
        rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
        rootQuorumThreshold: 1,
        wallet,
      },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
    return new TestClient(server, key, id)
  }
  const entries = async (organizationId: string) => {
    const ended = await run('audit', 'export', '--organization', organizationId)
    const lines = ended.stdout.trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line) as { action?: string; actor?: string })
  }

  test('a root organization is deleted with all below it, and only when told to', async () => {
    const admin = await create('to be deleted')
    const below = [
      await createBelow(admin),
      await createBelow(admin, { walletName: 'w', accounts: [] }),
    ]
    const words = ['organizations', 'delete', '--organization', admin.organizationId]
    const refused = await run(...words)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toBe(
      `keystead: organization ${below[1]?.organizationId} holds wallets or private keys that were never exported: export them, or add --without-export\n`,
    )
    expect((await clientOf(admin).query('whoami')).status).toBe(200)

    const deleted = await run(...words, '--without-export')
    expect(deleted).toMatchObject({ code: 0, stderr: '' })
    expect(deleted.stdout).toContain(': 3 in all')
    for (const client of [clientOf(admin), ...below]) {
      const answer = await client.query('list_users')
      expect(answer).toMatchObject({ status: 404, json: NOT_FOUND })
    }
    expect((await run('organizations', 'list')).stdout).not.toContain(admin.organizationId)
    expect(await entries(admin.organizationId)).toContainEqual(
      expect.objectContaining({ action: 'organization.delete', actor: 'host' }),
    )
    expect(await run('audit', 'verify')).toMatchObject({ code: 0 })
    expect((await run(...words)).stderr).toBe(
      `keystead: there is no organization ${admin.organizationId}\n`,
    )
  })

  test('a sub-organization and the instance are not deleted by the host', async () => {
    const below = await createBelow(server.admin)
    for (const id of [below.organizationId, '00000000-0000-0000-0000-000000000000']) {
      const ended = await run('organizations', 'delete', '--organization', id, '--without-export')
      expect(ended).toMatchObject({
        code: 1,
        stderr: `keystead: ${id} is not a root organization\n`,
      })
    }
    expect((await below.query('whoami')).status).toBe(200)
  })

  test.each([
    [['organizations', 'delete'], '--organization is required'],
    [['organizations', 'delete', '--organization', 'x'], '--organization must be a UUID'],
    [['recover-admin', '--user', 'x'], '--user must be a UUID'],
    [['organizations', 'limits'], '--organization is required'],
    [['organizations', 'limits', '--organization', 'x'], '--organization must be a UUID'],
    [['organizations', 'usage', '--organization', 'x'], '--organization must be a UUID'],
    [['freeze', '--organization', 'x'], '--organization must be a UUID'],
    [['unfreeze', '--organization', 'x'], '--organization must be a UUID'],
    [['recover-admin', '--api-public-key', 'x'], '--api-public-key must be a compressed P-256 key'],
  ])('%j is a usage error', async (words, text) => {
    const ended = await run(...words)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })

  const recover = async (...words: string[]): Promise<Admin> => {
    const { organizationId } = server.admin
    const ended = await run('recover-admin', '--organization', organizationId, ...words)
    expect(ended.stderr).toContain('npx keystead call getWhoami --key FILE')
    expect(ended.code).toBe(0)
    return JSON.parse(ended.stdout) as Admin
  }

  test('a lost admin key is replaced while the server runs, and its audit log says so', async () => {
    const admin = await recover()
    expect(admin).toMatchObject({
      organizationId: server.admin.organizationId,
      userId: server.admin.userId,
    })
    const client = clientOf(admin)
    expect((await client.query('whoami')).json).toMatchObject({ userId: admin.userId })
    const users = [{ userName: 'made with the new key', apiKeys: [] }]
    expect((await client.submit('create_users', { users }, 'CREATE_USERS_V4')).status).toBe(200)
    expect(await entries(admin.organizationId)).toContainEqual(
      expect.objectContaining({
        action: 'organization.recoverAdmin',
        actor: 'host',
        resource: admin.apiKeyId,
      }),
    )
  })

  test('more often than a user may have keys, and with a key of its own', async () => {
    const lasting = Array.from({ length: 8 }, (_, n) => apiKeyParams(generateKey(), `lasting ${n}`))
    const filled = await clientOf(server.admin).submit(
      'create_api_keys',
      { userId: server.admin.userId, apiKeys: lasting },
      'CREATE_API_KEYS_V2',
    )
    expect(filled.status).toBe(200)
    const key = generateKey()
    const admin = await recover('--api-public-key', key.publicKey)
    expect(admin).not.toHaveProperty('apiPrivateKey')
    const client = new TestClient(server, key, admin.organizationId)
    expect((await client.query('whoami')).status).toBe(200)
  })

  test('only for root users of organizations that exist', async () => {
    const member = await clientOf(server.admin).submit(
      'create_users',
      { users: [{ userName: 'member', apiKeys: [] }] },
      'CREATE_USERS_V4',
    )
    const userId = member.at('activity.result.createUsersResult.userIds.0')
    const { organizationId } = server.admin
    const words = ['recover-admin', '--organization', organizationId, '--user', userId]
    expect(await run(...words)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `keystead: user ${userId} is not a root user of organization ${organizationId}\n`,
    })
    const nobody = '019a0000-0000-7000-8000-00000000dead'
    expect((await run('recover-admin', '--organization', nobody)).stderr).toBe(
      `keystead: there is no organization ${nobody}\n`,
    )
  })

  test('needs to be told which of several organizations', async () => {
    const other = await create('another')
    expect((await run('recover-admin')).stderr).toBe(
      'keystead: there is not exactly one root organization: name one with --organization\n',
    )
    const words = ['organizations', 'delete', '--organization', other.organizationId]
    expect(await run(...words)).toMatchObject({ code: 0 })
    expect(JSON.parse((await run('recover-admin')).stdout)).toMatchObject({
      organizationId: server.admin.organizationId,
    })
  })

  test('both work on a stopped server, and through the socket of one that was unsealed', async () => {
    const [one, two] = [await create('one'), await create('two')]
    const words = /^([a-z]+ ){23}[a-z]+$/m.exec(server.output())?.[0] ?? ''
    await server.end('SIGTERM')
    const whileStopped = await recover()
    const erase = (id: string) => run('organizations', 'delete', '--organization', id)
    expect(await erase(one.organizationId)).toMatchObject({ code: 0 })
    renameSync(join(server.data, 'seal.key'), join(server.data, 'elsewhere.key'))
    await server.restart()
    expect((await run('recover-admin')).stderr).toBe('keystead: the server is sealed\n')
    await keystead(['unseal', '--data', server.data], { env: server.env, input: `${words}\n` })
    const throughSocket = await recover()
    for (const admin of [whileStopped, throughSocket]) {
      expect((await clientOf(admin).query('whoami')).status).toBe(200)
    }
    expect(await erase(two.organizationId)).toMatchObject({ code: 0 })
    for (const admin of [one, two]) {
      const answer = await clientOf(admin).query('list_users')
      expect(answer).toMatchObject({ status: 404, json: NOT_FOUND })
    }
  })
})
