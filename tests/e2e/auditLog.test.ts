// An exported audit log, verified offline: every kind of damage is found, and its place is named.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { type Ended, keystead } from '../support/command.ts'
import { numberOf, withDatabase } from '../support/database.ts'
import { Workload } from '../support/load.ts'
import { matching } from '../support/matching.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

interface Line {
  kind: string
  organization_id?: string
  seq?: number
  height?: number
  outcome?: string
  payload?: string
  link?: string
}

describe.each(engines)('the audit log of a server on %s', (engine) => {
  let server: TestServer
  let scratch: string
  let lines: Line[]
  let checkpoints: string
  let publicKey: string
  let id: string

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'ks-audit-'))
    server = await startServer({ engine })
    id = server.admin.organizationId
    const client = new TestClient(server, adminKey(server.admin), id)
    const workload = await Workload.prepare(client, seeded('audit log'))
    await work(workload)
    await checkpointed(server)
    await work(workload)
    await checkpointed(server)
    checkpoints = join(scratch, 'checkpoints.jsonl')
    await exportTo(checkpoints, '--checkpoints')
    const file = join(scratch, 'export.jsonl')
    await exportTo(file)
    lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    const keys = await keystead(['keys', 'show', '--data', server.data], { env: server.env })
    publicKey = keyFrom(keys.stdout)
    await server.end('SIGTERM')
  })
  afterAll(async () => {
    await server.dispose()
    rmSync(scratch, { recursive: true })
  })

  async function exportTo(file: string, ...words: string[]): Promise<void> {
    const all = ['audit', 'export', '--data', server.data, '--out', file, '--organization', id]
    expect(await keystead([...all, ...words], { env: server.env })).toMatchObject({ code: 0 })
  }

  /** Verifies changed lines with nothing but what an auditor has. */
  async function verify(changed: readonly Line[], ...words: string[]): Promise<Ended> {
    const file = join(scratch, 'changed.jsonl')
    writeFileSync(file, changed.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const env = { PATH: process.env['PATH'] }
    return keystead(['audit', 'verify', file, '--public-key', publicKey, ...words], { env })
  }

  const placeOf = (seq: number) =>
    lines.findIndex((line) => line.kind === 'entry' && line.seq === seq)
  const lineOf = (seq: number): Line => lines[placeOf(seq)] ?? { kind: 'none' }

  test('verifies as it is, with and without checkpoints from elsewhere', async () => {
    expect(lines.filter(({ kind }) => kind === 'entry')).toHaveLength(8)
    expect(lines.filter(({ kind }) => kind === 'checkpoint').length).toBeGreaterThanOrEqual(2)
    const ok = /^ok: 1 chains, 8 entries, \d+ checkpoints\n$/
    expect(await verify(lines)).toMatchObject({ code: 0, stdout: matching(ok) })
    expect(await verify(lines, '--checkpoints', checkpoints)).toMatchObject({ code: 0 })
  })

  test('an edited entry is found', async () => {
    const edited = lines.with(placeOf(3), { ...lineOf(3), outcome: 'denied' })
    await expectFound(edited, `${id} entry 3: the link does not follow`)
  })

  test('an edited payload is found', async () => {
    const payload = lineOf(3).payload?.replace('127.0.0.1', '127.0.0.2') ?? ''
    const edited = lines.with(placeOf(3), { ...lineOf(3), payload })
    expect(payload).not.toBe(lineOf(3).payload)
    await expectFound(edited, `${id} entry 3: the payload was changed`)
  })

  test('a deleted entry is found', async () => {
    await expectFound(lines.toSpliced(placeOf(3), 1), `${id} entry 4: expected entry 3: deleted`)
  })

  test('an inserted entry is found', async () => {
    const inserted = lines.toSpliced(placeOf(4), 0, lineOf(3))
    await expectFound(inserted, `${id} entry 3: expected entry 4: deleted, inserted or reordered`)
  })

  test('two entries in the wrong order are found', async () => {
    const reordered = lines.with(placeOf(3), lineOf(4)).with(placeOf(4), lineOf(3))
    await expectFound(reordered, `${id} entry 4: expected entry 3`)
    await expectFound(reordered, `${id} entry 3: expected entry 5`)
  })

  test('a log that was cut short is found by the checkpoint within', async () => {
    const cut = lines.filter((line) => line.kind !== 'entry' || (line.seq ?? 0) < 8)
    await expectFound(cut, `${id} entry 8: is in checkpoint`)
  })

  test('a log that was cut short with its checkpoints is found by one kept elsewhere', async () => {
    const heights = lines.filter(({ kind, seq }) => kind === 'leaf' && (seq ?? 0) > 4)
    const lost = Math.min(...heights.map(({ height }) => height ?? 0))
    const cut = lines.filter((line) =>
      line.kind === 'entry' ? (line.seq ?? 0) <= 5 : (line.height ?? 0) < lost,
    )
    expect(await verify(cut)).toMatchObject({ code: 0 })
    await expectFound(cut, `${id} entry 8: is in checkpoint`, '--checkpoints', checkpoints)
  })

  test('a log that was cut short is found also when its header no longer names the chain', async () => {
    const cut = lines
      .filter((line) => line.kind !== 'entry' || (line.seq ?? 0) < 8)
      .map((line) => (line.kind === 'header' ? { ...line, organizations: [] } : line))
    await expectFound(cut, `${id}: is not named in the header`)
    await expectFound(cut.slice(1), 'the header is missing')
  })

  test('a chain without any entry is found', async () => {
    const foreign = lines.filter(({ kind }) => kind !== 'entry')
    await expectFound(foreign, `${id}: the whole chain is missing`)
  })

  test('a checkpoint that another key signed is found', async () => {
    const index = lines.findIndex(({ kind }) => kind === 'checkpoint')
    const { height, ...rest } = lines[index] ?? { kind: '' }
    const forged = lines.with(index, { ...rest, height: height ?? 0, at_ms: 1 } as Line)
    await expectFound(forged, `checkpoint ${height}: the signature is wrong`)
  })

  test('a line that is none is named by its number', async () => {
    const file = join(scratch, 'broken.jsonl')
    const text = lines.map((line) => JSON.stringify(line))
    for (const [broken, number] of [
      [text.with(2, '{"kind":"entry"'), 3],
      [text.with(4, '{"kind":"entry","seq":"x"}'), 5],
    ] as const) {
      writeFileSync(file, broken.join('\n'))
      const ended = await keystead(['audit', 'verify', file])
      expect(ended.stderr).toContain(`${file} line ${number} is not a line of an audit export`)
      expect(ended.code).toBe(2)
    }
  })

  test.each(['', '\n\n', '[]\n', 'null\n'])('a file of %j does not verify', async (text) => {
    const file = join(scratch, 'empty.jsonl')
    writeFileSync(file, text)
    const ended = await keystead(['audit', 'verify', file])
    expect(ended.code).not.toBe(0)
    expect(ended.stderr + ended.stdout).not.toContain('    at ')
  })

  async function expectFound(changed: readonly Line[], place: string, ...words: string[]) {
    const ended = await verify(changed, ...words)
    expect(ended.stdout).toContain(place)
    expect(ended.stdout).toMatch(/^BROKEN: \d+ problems; /m)
    expect(ended).toMatchObject({ code: 1, stderr: '' })
  }
})

async function work(workload: Workload): Promise<void> {
  for (const kind of ['sign', 'account', 'user'] as const) {
    const { path, body } = workload.job(kind)
    expect(await workload.client.send(path, body)).toMatchObject({ status: 200 })
  }
}

/** Waits until the newest checkpoint has everything. */
async function checkpointed(server: TestServer): Promise<void> {
  await withDatabase(server, async (database) => {
    const endMs = Date.now() + 10_000
    const dirty = 'select count(*) from organization_head where dirty = 1'
    while ((await numberOf(database, dirty)) > 0) {
      if (Date.now() > endMs) throw new Error('no checkpoint came')
      await sleep(50)
    }
  })
}

function keyFrom(text: string): string {
  const { keys } = JSON.parse(text) as { keys: { name: string; publicKey: string }[] }
  return keys.find(({ name }) => name === 'audit-checkpoint')?.publicKey ?? ''
}
