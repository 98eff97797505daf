// Both verifiers of audit exports: they accept what a server wrote, and find every kind of tampering.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const CHECKPOINT_MS_MAX = 15_000
const CHECKPOINTS_MIN = 3

interface Ended {
  code: number
  output: string
}

/** What the tests touch of a line; lists are left alone. */
type Line = Record<string, string | number | null> & { kind: string }

function run(command: string, words: readonly string[], env = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(command, words, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 1, output: stdout + stderr }),
    )
  })
}

function keystead(server: TestServer, ...words: string[]): Promise<Ended> {
  return run(process.execPath, [join(ROOT, 'bin', 'keystead.js'), ...words], server.env)
}

/** Makes wallets, and one twice: the organization's chain has entries of success and failure. */
async function makeActivities(server: TestServer): Promise<void> {
  const admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  for (const walletName of ['one', 'two', 'two']) {
    await admin.submit('create_wallet', { walletName, accounts: [] })
  }
}

/** Exports the whole log until the newest checkpoint speaks of the newest entry of the organization. */
async function exportSettled(server: TestServer, name: string): Promise<Line[]> {
  const file = join(server.data, name)
  const deadlineMs = Date.now() + CHECKPOINT_MS_MAX
  for (;;) {
    const { code, output } = await keystead(server, ...exportWords(server, file))
    expect({ code, output }).toEqual({ code: 0, output: '' })
    const lines = read(file)
    const own = lines.filter((line) => line['organization_id'] === server.admin.organizationId)
    const newest = (kind: string) => own.findLast((line) => line.kind === kind)?.['seq']
    if (newest('leaf') === newest('entry')) return lines
    if (Date.now() > deadlineMs) throw new Error('no checkpoint of the newest entry')
    await sleep(200)
  }
}

function exportWords(server: TestServer, file: string, ...more: string[]): string[] {
  return ['audit', 'export', '--data', server.data, '--out', file, ...more]
}

const read = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** The verdicts of both verifiers on `lines`. */
async function verdicts(server: TestServer, lines: readonly Line[], ...options: string[]) {
  const file = join(server.data, 'tampered.jsonl')
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const ours = await keystead(server, 'audit', 'verify', file, ...options)
  const python = await run('python3', [join(ROOT, 'tools', 'verify-audit.py'), file, ...options])
  return [ours, python]
}

/** What both verifiers say of a log in which everything holds. */
const accepted = Array.from({ length: 2 }, () => ({
  code: 0,
  output: expect.stringMatching(/^ok: \d+ chains, /) as string,
}))

/** What both verifiers say of a log with that problem. */
const broken = (problem: RegExp) =>
  Array.from({ length: 2 }, () => ({ code: 1, output: expect.stringMatching(problem) as string }))

describe.each(engines)('an export from %s', (engine) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startServer({ engine })
  })
  afterAll(() => server.dispose())

  test('is accepted by both verifiers, whole and by organization', async () => {
    await makeActivities(server)
    const lines = await exportSettled(server, 'whole.jsonl')
    expect(lines.filter(({ kind }) => kind === 'entry').length).toBeGreaterThanOrEqual(5)
    const keys = await keystead(server, 'keys', 'show', '--data', server.data)
    const { publicKey } = (JSON.parse(keys.output) as { keys: { publicKey: string }[] }).keys[0]!
    expect(await verdicts(server, lines, '--public-key', publicKey)).toEqual(accepted)
    const other = '00'.repeat(32)
    expect(await verdicts(server, lines, '--public-key', other)).toEqual(
      broken(/^checkpoint 1: the signature/m),
    )
    const one = join(server.data, 'one.jsonl')
    const { organizationId } = server.admin
    await keystead(server, ...exportWords(server, one, '--organization', organizationId))
    expect(await verdicts(server, read(one))).toEqual(accepted)
  })
})

describe('a changed export', () => {
  let server: TestServer
  let lines: Line[]
  let kept: string

  beforeAll(async () => {
    server = await startServer({ engine: 'sqlite' })
    for (let round = 0; round < CHECKPOINTS_MIN; round++) {
      await makeActivities(server)
      lines = await exportSettled(server, 'whole.jsonl')
    }
    kept = join(server.data, 'kept.jsonl')
    await keystead(server, ...exportWords(server, kept, '--checkpoints'))
  })
  afterAll(() => server.dispose())

  /** A copy to tamper with. */
  const copy = () => structuredClone(lines)

  /** Where the organization's entry `seq` is. */
  const indexOf = (all: readonly Line[], seq: number) =>
    all.findIndex(
      (line) =>
        line.kind === 'entry' &&
        line['organization_id'] === server.admin.organizationId &&
        line['seq'] === seq,
    )

  test.each(['actor', 'action', 'outcome', 'at_ms', 'body_hash', 'activity_id'])(
    'is refused when an entry’s %s is edited',
    async (field) => {
      const all = copy()
      const line = all[indexOf(all, 3)]!
      const before = line[field]
      line[field] = typeof before === 'number' ? before + 1 : flip(String(before))
      expect(await verdicts(server, all)).toEqual(broken(/ entry 3: the link does not follow/))
    },
  )

  test('is refused when a payload is edited', async () => {
    const all = copy()
    const line = all[indexOf(all, 2)]!
    line['payload'] = String(line['payload']).replace('127.0.0.1', '127.0.0.2')
    expect(await verdicts(server, all)).toEqual(
      broken(/ entry 2: the payload (was changed|does not have its digest)/),
    )
  })

  test('is accepted when a payload was erased together with its salt', async () => {
    const all = copy()
    Object.assign(all[indexOf(all, 2)]!, { payload: null, payload_salt: null })
    expect(await verdicts(server, all)).toEqual(accepted)
  })

  test('is refused when a line is deleted', async () => {
    const all = copy()
    all.splice(indexOf(all, 2), 1)
    expect(await verdicts(server, all)).toEqual(
      broken(/ entry 3: (expected entry 2|entry 2 was expected)/),
    )
  })

  test('is refused when a line is inserted', async () => {
    const all = copy()
    const at = indexOf(all, 3)
    all.splice(at, 0, { ...all[at]!, unit_id: '019a0000-0000-7000-8000-000000000000' })
    expect(await verdicts(server, all)).toEqual(broken(/ entry 3: the link does not follow/))
  })

  test('is refused when two lines are swapped', async () => {
    const all = copy()
    const at = indexOf(all, 2)
    all.splice(at, 2, all[at + 1]!, all[at]!)
    expect(await verdicts(server, all)).toEqual(
      broken(/ entry 3: (expected entry 2|entry 2 was expected)/),
    )
  })

  test('is refused when the chain is rewritten from an edited entry on', async () => {
    const all = copy()
    const last = Math.max(...all.map((line) => (line.kind === 'entry' ? Number(line['seq']) : 0)))
    const line = all[indexOf(all, last)]!
    const digest = createHash('sha256').update('forged').digest('hex')
    Object.assign(line, { payload: null, payload_salt: null, payload_digest: digest })
    line['link'] = linkOf(line, String(all[indexOf(all, last - 1)]!['link']))
    const answers = await verdicts(server, all)
    for (const ended of answers) {
      expect(ended.code).toBe(1)
      expect(ended.output).not.toContain('does not follow')
      expect(ended.output).toMatch(/(differs from what checkpoint|changed, says checkpoint)/)
    }
  })

  test('cannot hide its end from checkpoints that were kept elsewhere', async () => {
    const forgotten = new Set(['checkpoint', 'leaf'])
    const all = copy().filter(({ kind }) => !forgotten.has(kind))
    all.splice(indexOf(all, 3))
    expect(await verdicts(server, all)).toEqual(accepted)
    expect(await verdicts(server, all, '--checkpoints', kept)).toEqual(broken(/truncated/))
    expect(await verdicts(server, copy(), '--checkpoints', kept)).toEqual(accepted)
  })

  test('is refused when a checkpoint is forged', async () => {
    const all = copy()
    const line = all.findLast(({ kind }) => kind === 'checkpoint')!
    line['at_ms'] = Number(line['at_ms']) + 1
    expect(await verdicts(server, all)).toEqual(
      broken(/^checkpoint \d+: the signature (is wrong|does not hold)/m),
    )
    line['at_ms'] = Number(line['at_ms']) - 1
    line['signature'] = flip(String(line['signature']))
    expect(await verdicts(server, all)).toEqual(
      broken(/^checkpoint \d+: the signature (is wrong|does not hold)/m),
    )
  })

  test('is refused when a checkpoint is left out', async () => {
    const all = copy()
    const heights = all.filter(({ kind }) => kind === 'checkpoint').map((line) => line['height'])
    expect(heights.length).toBeGreaterThanOrEqual(CHECKPOINTS_MIN)
    const rest = all.filter((line) => line['height'] !== heights.at(-2))
    expect(await verdicts(server, rest)).toEqual(
      broken(/^checkpoint \d+: (the one before it is missing|does not follow)/m),
    )
  })

  test('is refused when a leaf is not in its checkpoint', async () => {
    const all = copy()
    const leaf = all.findLast(({ kind }) => kind === 'leaf')!
    const entry = all[indexOf(all, 1)]!
    const { organization_id, seq, link } = entry
    Object.assign(leaf, { organization_id, seq, link })
    expect(await verdicts(server, all)).toEqual(broken(/ entry 1: is not in checkpoint \d+/))
  })
})

/** Changes the last digit of a hexadecimal text, or the last letter of another. */
function flip(text: string): string {
  return `${text.slice(0, -1)}${text.endsWith('1') ? '2' : '1'}`
}

/** The link of an entry, as docs/adr/0004 says it. */
function linkOf(line: Line, previous: string): string {
  const hex = (name: string) =>
    line[name] === null ? null : Buffer.from(String(line[name]).replaceAll('-', ''), 'hex')
  const sha256 = (fields: readonly (Buffer | string | number | null)[]) =>
    createHash('sha256')
      .update(Buffer.concat(fields.map(encodeField)))
      .digest()
  const words = ['actor', 'credential', 'action', 'resource', 'outcome'].map((name) =>
    String(line[name]),
  )
  const facts = sha256([
    Number(line['at_ms']),
    hex('unit_id'),
    ...words,
    hex('activity_id'),
    hex('body_hash'),
  ])
  const link = sha256([
    'keystead.audit.entry',
    1,
    hex('organization_id'),
    Number(line['seq']),
    Buffer.from(previous, 'hex'),
    facts,
    hex('payload_digest'),
  ])
  return link.toString('hex')
}

function encodeField(field: Buffer | string | number | null): Buffer {
  if (field === null) return Buffer.from('ffffffff', 'hex')
  const bytes = Buffer.alloc(8)
  if (typeof field === 'number') bytes.writeBigInt64BE(BigInt(field))
  const data = typeof field === 'number' ? bytes : Buffer.from(field)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  return Buffer.concat([length, data])
}
