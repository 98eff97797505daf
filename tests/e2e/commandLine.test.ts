// The command line as a person meets it: what it prints, where, and how it ends.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Admin } from '@keystead/server/commands'
import { adminKey, generateKey, post, TestClient } from '../support/client.ts'
import { type Ended, keystead } from '../support/command.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

/** One line of complaint, no stack trace; a usage error adds a line that says where to look. */
function expectComplaint(ended: Ended, code: 1 | 2, text: string | RegExp): void {
  const [first = '', ...more] = ended.stderr.trimEnd().split('\n')
  expect(first).toMatch(/^keystead: /)
  expect(first).toMatch(text)
  expect(more).toEqual(code === 2 ? ['type `npx keystead help` for the commands'] : [])
  expect(ended).toMatchObject({ code, stdout: '' })
}

describe('init', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ks-init-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  test('prints one JSON object, and the recovery words on the error stream only', async () => {
    const data = join(root, 'new', 'data')
    const made = await keystead(['init', '--json', '--data', data])
    expect(made.code).toBe(0)
    expect(made.stdout.trimEnd().split('\n')).toHaveLength(1)
    const admin = JSON.parse(made.stdout) as Admin
    expect(Object.keys(admin)).toEqual([
      'organizationId',
      'userId',
      'apiKeyId',
      'apiPublicKey',
      'apiPrivateKey',
    ])
    expect(JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))).toEqual(admin)
    const words = /^([a-z]+ ){23}[a-z]+$/m.exec(made.stderr)?.[0] ?? ''
    expect(words.split(' ')).toHaveLength(24)
    expect(made.stdout).not.toContain(words.slice(0, 30))
    expect(made.stderr).not.toContain(admin.apiPrivateKey)
    expect(statSync(data).mode & 0o777).toBe(0o700)
  })

  test('refuses a directory that holds anything, naming it, and leaves it alone', async () => {
    writeFileSync(join(root, 'letter.txt'), 'mine')
    expectComplaint(await keystead(['init', '--data', root]), 1, `${root} is not empty`)
    expect(readFileSync(join(root, 'letter.txt'), 'utf8')).toBe('mine')
  })

  test('with a public key of its own prints and stores no private key', async () => {
    const data = join(root, 'data')
    const { publicKey } = generateKey()
    const made = await keystead(['init', '--json', '--data', data, '--api-public-key', publicKey])
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ apiPublicKey: publicKey })
    expect(made.stdout).not.toContain('apiPrivateKey')
    expect(readFileSync(join(data, 'admin.json'), 'utf8')).not.toContain('apiPrivateKey')
  })

  test.each(['02', 'zz', `04${'11'.repeat(64)}`, `02${'ff'.repeat(32)}`])(
    'refuses %s as a public key',
    async (publicKey) => {
      const words = ['init', '--data', join(root, 'data'), '--api-public-key', publicKey]
      const ended = await keystead(words)
      expect([1, 2]).toContain(ended.code)
      expectComplaint(ended, ended.code === 2 ? 2 : 1, /public.key/)
    },
  )
})

describe('wrong words', () => {
  test.each([
    [['nonsense'], 2, 'there is no command `nonsense`'],
    [['serve', '--nonsense'], 2, '--nonsense'],
    [['config', 'extra'], 2, 'unexpected argument `extra`'],
    [['audit', 'verify', 'no-such-file'], 1, 'no-such-file'],
    [['audit', 'export', '--organization', 'x'], 2, '--organization must be a UUID'],
    [['keys', 'show', '--data', '/nonexistent/data'], 1, '/nonexistent/data'],
    [['call', 'getWhoami', '--data', '/nonexistent/data'], 2, '/nonexistent/data/admin.json'],
  ] as const)('%j end with one clear line', async (words, code, text) => {
    expectComplaint(await keystead(words), code, text)
  })

  test.each([
    ['KEYSTEAD_PROT', '80', 'unknown setting KEYSTEAD_PROT'],
    ['KEYSTEAD_PORT', 'eighty', 'KEYSTEAD_PORT'],
    ['KEYSTEAD_WORKERS', '0', 'KEYSTEAD_WORKERS'],
    ['KEYSTEAD_DATABASE_URL', 'mysql://x', 'KEYSTEAD_DATABASE_URL'],
    ['KEYSTEAD_OIDC_PRIVATE_ISSUERS', 'https://a, idp', 'KEYSTEAD_OIDC_PRIVATE_ISSUERS'],
  ])('the setting %s=%s is refused by name', async (name, value, text) => {
    const env = { ...process.env, [name]: value }
    for (const words of [
      ['serve', '--data', '/nonexistent/data'],
      ['keys', 'show'],
    ]) {
      expectComplaint(await keystead(words, { env }), 1, text)
    }
  })

  test.each(['1', '2'])('a port in use, with %s processes, is one clear line', async (workers) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const data = mkdtempSync(join(tmpdir(), 'ks-port-'))
    try {
      expect(await keystead(['init', '--data', join(data, 'd')])).toMatchObject({ code: 0 })
      const words = ['serve', '--data', join(data, 'd'), '--port', String(port)]
      const ended = await keystead([...words, '--workers', workers])
      expectComplaint(ended, 1, `127.0.0.1:${port}`)
    } finally {
      taken.close()
      rmSync(data, { recursive: true })
    }
  })

  test('config prints every setting with its default, and no password', async () => {
    const url = 'postgres://me:secret@127.0.0.1:5432/x'
    const env = { ...process.env, KEYSTEAD_PORT: '81', KEYSTEAD_DATABASE_URL: url }
    const printed = await keystead(['config'], { env })
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    expect(printed.stdout).toContain('KEYSTEAD_PORT=81 (default: 8080)')
    expect(printed.stdout).toContain('KEYSTEAD_WORKERS=1\n')
    const json = await keystead(['config', '--json'], { env })
    expect(JSON.parse(json.stdout)).toContainEqual(
      expect.objectContaining({ name: 'KEYSTEAD_PORT', value: '81', fallback: '8080' }),
    )
    expect(printed.stdout + json.stdout).not.toContain('secret')
  })
})

describe.each(engines)('with a server on %s', (engine) => {
  let server: TestServer
  let run: (...words: string[]) => Promise<Ended>

  beforeAll(async () => {
    server = await startServer({ engine })
    run = (...words) => keystead([...words, '--data', server.data], { env: server.env })
  })
  afterAll(() => server.dispose())

  test('keys show prints what /.well-known/keystead publishes', async () => {
    const shown = await run('keys', 'show')
    const published = await fetch(`${server.url}/.well-known/keystead`)
    expect(published.headers.get('content-type')).toBe('application/json')
    const keys: unknown = await published.json()
    expect(JSON.parse(shown.stdout)).toEqual(keys)
    expect(shown.stdout).toContain('audit-checkpoint')
  })

  test('request --no-post prints a stamp that verifies, and sends nothing', async () => {
    const path = '/public/v1/query/whoami'
    const body = JSON.stringify({ organizationId: server.admin.organizationId })
    const printed = await run('request', '--path', path, '--body', body, '--no-post')
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    const { message, stamp, curlCommand } = JSON.parse(printed.stdout) as Record<string, string>
    expect(message).toBe(body)
    expect(curlCommand).toContain(stamp)
    const answer = await post(`${server.url}${path}`, body, { 'x-stamp': stamp ?? '' })
    expect(answer).toMatchObject({ status: 200, json: { userId: server.admin.userId } })
  })

  test.each(['getWhoami', 'whoami'])('call %s asks by either name', async (name) => {
    const called = await run('call', name, '--host', server.url)
    expect(called).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(called.stdout)).toMatchObject({ userId: server.admin.userId })
  })

  test.each(['createUsers', 'create_users'])('call %s submits', async (name) => {
    const users = [{ userName: name, apiKeys: [] }]
    const params = JSON.stringify({ users })
    const called = await run('call', name, '--host', server.url, '--params', params)
    expect(called).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(called.stdout)).toMatchObject({
      activity: { status: 'ACTIVITY_STATUS_COMPLETED' },
    })
  })

  test('a refused call prints the answer on the error stream and ends with 1', async () => {
    const called = await run('call', 'createUsers', '--host', server.url, '--params', '{}')
    expect(called).toMatchObject({ code: 1, stdout: '' })
    expect(called.stderr).toMatch(/^400: \{"code":3,/)
  })

  test('a call that cannot be sent ends with one clear line', async () => {
    expectComplaint(await run('call', 'nonsense'), 2, 'name an operation: ')
    expectComplaint(await run('call', 'createUsers', '--params', '{'), 2, '--params is not JSON')
    expectComplaint(await run('call', 'createUsers', '--params', '[]'), 2, 'must be a JSON object')
    const nowhere = 'http://127.0.0.1:1'
    const ended = await run('call', 'getWhoami', '--host', nowhere)
    expectComplaint(ended, ended.code === 2 ? 2 : 1, `no server answers at ${nowhere}`)
    expectComplaint(await run('unseal', 'word'), 2, 'unexpected argument')
  })

  test('organizations are made and listed, with the server running and stopped', async () => {
    const names = ['made while running', 'made while stopped']
    const made: Admin[] = []
    for (const name of names) {
      const ended = await run('organizations', 'create', '--organization-name', name)
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      made.push(JSON.parse(ended.stdout) as Admin)
      if (name === names[0]) await server.end('SIGTERM')
    }
    const listed = await run('organizations', 'list')
    expect(JSON.parse(listed.stdout)).toMatchObject({
      organizations: ['Keystead', ...names].map((name) => ({ name })),
    })
    await server.restart()
    expect(JSON.parse((await run('organizations', 'list')).stdout)).toEqual(
      JSON.parse(listed.stdout),
    )
    await assertIsolated(server, [server.admin, ...made])
  })
})

/** Each admin acts in its own organization, and finds none of the others. */
async function assertIsolated(server: TestServer, admins: readonly Admin[]): Promise<void> {
  for (const admin of admins) {
    for (const { organizationId } of admins) {
      const client = new TestClient(server, adminKey(admin), organizationId)
      const own = organizationId === admin.organizationId
      expect((await client.query('whoami')).status).toBe(own ? 200 : 401)
      const users = [{ userName: `by ${admin.userId}`, apiKeys: [] }]
      const made = await client.submit('create_users', { users }, 'CREATE_USERS_V4')
      expect(made.status).toBe(own ? 200 : 401)
    }
  }
}

test('a directory of something else is not taken for an instance', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ks-else-'))
  mkdirSync(join(data, 'photos'))
  try {
    for (const words of [['serve', '--port', '0'], ['init'], ['keys', 'show']]) {
      expectComplaint(await keystead([...words, '--data', data]), 1, data)
    }
  } finally {
    rmSync(data, { recursive: true })
  }
})
