// Backup and restore as people do it: on the shell, beside a running server, onto another machine.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientVersions, officialClient } from '../conformance/turnkey/world.ts'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { withDatabase } from '../support/database.ts'
import { load, Workload } from '../support/load.ts'
import { containing } from '../support/matching.ts'
import { createDatabase } from '../support/postgres.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const CONNECTIONS = 16
/** A lead so short that the restored server accepts new requests at once. */
const LEAD = { KEYSTEAD_TIMESTAMP_AHEAD_SECONDS: '1' }
/** Room for what SQLite keeps beside its database, but not for the archive. */
const FULL_BYTES = 100_000
const PAYLOAD = 'x'.repeat(60_000)

interface Verdict {
  ok: boolean
  problems: string[]
  signatures: number
  audit: { entries: number }
}

const verdictOf = (stdout: string) => JSON.parse(stdout) as Verdict

/** The 24 words in one line, as the first start prints them. */
const wordsOf = (server: TestServer) =>
  /^([a-z]+ ){23}[a-z]+$/m.exec(server.output())?.[0] ?? 'no words'

describe.each(engines)('a server on %s', (engine) => {
  const other = engine === 'sqlite' ? 'postgres' : 'sqlite'
  let server: TestServer
  let admin: TestClient
  let folder: string
  let archive: string
  let workload: Workload

  beforeAll(async () => {
    server = await startServer({ engine, workers: 2, env: LEAD })
    admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    folder = mkdtempSync(join(tmpdir(), 'ks-archives-'))
    archive = join(folder, 'one.archive')
    workload = await Workload.prepare(admin, seeded('backup'))
  })
  afterAll(async () => {
    await server.dispose()
    rmSync(folder, { recursive: true })
  })

  const run = (...words: string[]) =>
    keystead([...words, '--data', server.data], { env: server.env })
  const environment = (databaseUrl: string | null) => ({
    ...server.env,
    KEYSTEAD_DATABASE_URL: databaseUrl ?? '',
  })

  test('is backed up while others write, and goes on answering', async () => {
    const working = { is: true }
    const loading = load(workload, { connections: CONNECTIONS, running: () => working.is })
    const made = await run('backup', '--json', archive).finally(() => (working.is = false))
    const sent = await loading
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const { file, bytes, seals } = JSON.parse(made.stdout) as Record<string, unknown>
    expect({ file, bytes }).toEqual({ file: archive, bytes: statSync(archive).size })
    expect(seals).toEqual(expect.arrayContaining(['file', 'recovery']))
    expect(statSync(archive).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['one.archive'])
    expect(sent.length).toBeGreaterThan(CONNECTIONS)
    expect(sent.filter(({ answer }) => answer?.status !== 200)).toEqual([])
  })

  test('says so in its chain, and warns of backups no more', async () => {
    expect(server.output()).not.toContain('warning')
    const rows = await withDatabase(server, (database) =>
      database.all(`select actor, outcome from audit_entry where action = 'instance.backup'`),
    )
    expect(rows.map((row) => ({ ...row }))).toEqual([{ actor: 'host', outcome: 'accepted' }])
  })

  test('does not write over a file', async () => {
    const before = readFileSync(archive)
    expect(await run('backup', archive)).toMatchObject({
      code: 1,
      stderr: `keystead: there is already a file ${archive}\n`,
    })
    expect(readFileSync(archive).equals(before)).toBe(true)
  })

  test('is backed up by the running server where the shell cannot unseal', async () => {
    const [key, away] = [join(server.data, 'seal.key'), join(server.data, 'away.key')]
    renameSync(key, away)
    const file = join(folder, 'by server.archive')
    const made = await run('backup', file)
    renameSync(away, key)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toContain(`${file}: ${statSync(file).size} bytes, as of `)
  })

  test('passes the drill by its recovery words, and leaves nothing behind', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => /^keystead-(drill|seals)-/.test(name))
    const before = left()
    const url = engine === 'postgres' ? ['--database-url', server.databaseUrl ?? ''] : []
    const drill = (means: string[], input = '') =>
      keystead(['restore', '--drill', ...url, ...means, archive], {
        env: environment(null),
        input: `${input}\n`,
      })
    const { code, stdout, stderr } = await drill(['--words'], wordsOf(server))
    expect(verdictOf(stdout)).toMatchObject({ ok: true, problems: [] })
    expect(verdictOf(stdout).signatures).toBeGreaterThan(0)
    expect(stderr).toMatch(/ok: as of \S+, 1 organizations opened, \d+ keys signed/)
    expect(code).toBe(0)
    expect(left()).toEqual(before)
    expect(await drillDatabases(server)).toEqual([])
  })

  test('fails the drill when a byte was changed, with a code for programs', async () => {
    const bytes = readFileSync(archive)
    const changed = join(folder, 'changed.archive')
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(changed, bytes)
    const words = ['restore', '--drill', '--file', join(server.data, 'seal.key'), changed]
    const { code, stdout, stderr } = await keystead(words)
    expect(code).toBe(1)
    expect(verdictOf(stdout)).toMatchObject({ ok: false, signatures: 0 })
    expect(stderr).toMatch(/^BROKEN: the archive is damaged[^\n]*\n$/m)
  })

  test('is moved to the other engine, where the published clients go on', async () => {
    const database = other === 'postgres' ? await createDatabase() : null
    const data = join(folder, 'restored')
    mkdirSync(data)
    for (const name of ['seal.key', 'admin.json']) {
      copyFileSync(join(server.data, name), join(data, name))
    }
    const env = environment(database?.url ?? null)
    const late = admin.body('CREATE_WALLET', { walletName: 'signed before', accounts: [] })
    const restored = await keystead(['restore', '--data', data, archive], { env })
    expect({
      code: restored.code,
      stderr: restored.stderr.replaceAll(/^\d+ rows\n/gm, ''),
    }).toEqual({
      code: 0,
      stderr: '',
    })
    const from = /^accepts new requests from (\S+) on/m.exec(restored.stdout)?.[1] ?? ''
    const databaseUrl = database?.url ?? null
    const moved = await startServer({ engine: other, env: LEAD, on: { data, databaseUrl } })
    try {
      expect(moved.output()).toContain('warning: there has never been a backup of this instance')
      const client = new TestClient(moved, admin.key, admin.organizationId)
      expect(await client.send('submit/create_wallet', late)).toMatchObject({
        status: 400,
        json: { message: 'activity timestamp is outside the accepted window' },
      })
      await sleep(Date.parse(from) - Date.now() + 1)
      for (const version of clientVersions) {
        const official = officialClient(version, client)
        const signed = await official.signRawPayload({
          signWith: workload.signWith,
          payload: '00'.repeat(32),
          encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
          hashFunction: 'HASH_FUNCTION_NO_OP',
        })
        expect(signed.r).toMatch(/^[0-9a-f]{64}$/)
        const { wallets } = await official.getWallets()
        expect(wallets.map(({ walletId }) => walletId)).toContain(workload.walletId)
      }
      const verified = await keystead(['audit', 'verify', '--data', data], { env })
      expect(verified).toMatchObject({ code: 0, stdout: containing('ok: 2 chains') })
      const again = await keystead(['restore', '--data', data, archive], { env })
      expect(again).toMatchObject({ code: 1, stderr: containing('is not empty') })
    } finally {
      await moved.dispose()
      await database?.drop()
    }
  })
})

/** Scratch databases on the server's PostgreSQL; none where it has none. */
async function drillDatabases(server: TestServer) {
  if (server.databaseUrl === null) return []
  return withDatabase(server, (database) =>
    database.all(`select datname from pg_database where datname like 'keystead_drill%'`),
  )
}

describe('a full disk', () => {
  test('leaves no archive, and no restored instance', async () => {
    const server = await startServer({ engine: 'sqlite' })
    const folder = mkdtempSync(join(tmpdir(), 'ks-full-'))
    try {
      const admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
      const workload = await Workload.prepare(admin, seeded('full'))
      for (let n = 0; n < 3; n++) {
        const { path, body } = workload.job('sign', PAYLOAD)
        expect((await admin.send(path, body)).status).toBe(200)
      }
      await server.end('SIGTERM')
      const file = join(folder, 'full.archive')
      const words = ['backup', '--data', server.data, file]
      const refused = limited(words)
      expect(refused.status).toBe(1)
      expect(String(refused.stderr)).toMatch(/^keystead: EFBIG: file too large/)
      expect(readdirSync(folder)).toEqual([])
      expect(await keystead(words)).toMatchObject({ code: 0 })
      const data = join(folder, 'restored')
      const seal = join(server.data, 'seal.key')
      const restoring = limited(['restore', '--data', data, '--file', seal, file])
      expect(restoring.status).toBe(1)
      expect(existsSync(data)).toBe(false)
    } finally {
      await server.dispose()
      rmSync(folder, { recursive: true })
    }
  })

  /** Runs a command that may write files of no more than a few pages. */
  function limited(words: readonly string[]) {
    const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname
    return spawnSync('prlimit', [`--fsize=${FULL_BYTES}`, process.execPath, launcher, ...words])
  }
})
