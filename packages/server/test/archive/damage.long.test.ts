// Archives that are damaged, cut off or changed: refused, said so, and nothing is restored.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sealedChunkBytes } from '@keystead/crypto/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seeded } from '../../../../tests/support/random.ts'
import { rounds } from '../../../../tests/support/rounds.ts'
import { ArchiveError, backup, drillRestore, readConfig, restore } from '../../src/commands.ts'
import { headerEnd, PREFIX_BYTES } from '../../src/domain/archive/header.ts'
import { archivePath, orderOf } from '../support/archives.ts'
import { adminClient, createWallet, signBody } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'

/** More than the rows of one chunk. */
const PAYLOAD = 'x'.repeat(40_000)
const PAYLOADS = 4

const REFUSED = /damaged|not a keystead archive|newer keystead/

let source: Instance
let whole: Buffer
/** Where the sealed rows begin. */
let rowsAt: number
let scratch: string

beforeAll(async () => {
  source = await openInstance('sqlite')
  const admin = adminClient(source.app, source.admin)
  const { address } = await createWallet(admin, 'damaged')
  for (let n = 0; n < PAYLOADS; n++) {
    await admin.send('submit/sign_raw_payload', signBody(admin, address, `${n}${PAYLOAD}`))
  }
  const file = archivePath(source.config, 'whole.archive')
  await backup(source.config, file)
  whole = readFileSync(file)
  rowsAt = headerEnd(whole.subarray(0, PREFIX_BYTES))
  scratch = mkdtempSync(join(tmpdir(), 'ks-damage-'))
})
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true })
  await source.dispose()
})

/** What the drill finds, and that a restore changes nothing, of an archive of these bytes. */
async function refusalOf(bytes: Buffer): Promise<string> {
  const file = join(scratch, 'changed.archive')
  writeFileSync(file, bytes)
  const order = orderOf(file, source.config)
  const { problems } = await drillRestore(source.config, { ...order, databaseUrl: null })
  const data = join(scratch, 'data')
  const config = readConfig({ KEYSTEAD_DATA: data })
  const refused = await restore(config, order).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ArchiveError)
  expect(existsSync(data)).toBe(false)
  expect(problems).toEqual([(refused as Error).message])
  return problems[0] ?? ''
}

function flipped(at: number): Buffer {
  const bytes = Buffer.from(whole)
  bytes[at] = (bytes[at] ?? 0) ^ 0x01
  return bytes
}

test('the archive itself passes the drill and is restored', async () => {
  expect(whole.length - rowsAt).toBeGreaterThan(3 * sealedChunkBytes)
  const file = join(scratch, 'whole.archive')
  writeFileSync(file, whole)
  const order = orderOf(file, source.config)
  const verdict = await drillRestore(source.config, { ...order, databaseUrl: null })
  expect(verdict.problems).toEqual([])
  expect(verdict.signatures).toBe(1)
  const data = join(scratch, 'restored')
  await restore(readConfig({ KEYSTEAD_DATA: data }), order)
  expect(existsSync(join(data, 'keystead.db'))).toBe(true)
})

test('one changed byte is refused wherever it is', async () => {
  const random = seeded('flipped bytes in an archive')
  const count = rounds('flipped bytes in an archive')
  const seen = { head: 0, rows: 0 }
  for (let n = 0; n < count; n++) {
    // The head is small: a fifth of them falls into it.
    const at = n % 5 === 0 ? random.below(rowsAt) : random.below(whole.length)
    seen[at < rowsAt ? 'head' : 'rows']++
    expect([at, await refusalOf(flipped(at))]).toEqual([at, expect.stringMatching(REFUSED)])
  }
  expect(seen.head).toBeGreaterThanOrEqual(count / 5)
  expect(seen.rows).toBeGreaterThan(count / 2)
})

describe('what is refused', () => {
  const LAST_DIGEST = 32

  test.each<[string, () => Buffer, RegExp]>([
    ['nothing at all', () => Buffer.alloc(0), /not a keystead archive/],
    [
      'another file',
      () => Buffer.from('PK\x03\x04 something else that is longer'),
      /not a keystead/,
    ],
    ['another format', () => flipped('keystead archive '.length), /newer keystead/],
    ['a head that is cut off', () => whole.subarray(0, rowsAt - 40), /damaged/],
    ['no rows', () => whole.subarray(0, rowsAt), /damaged, cut off/],
    [
      'the rows cut off between two chunks',
      () => whole.subarray(0, rowsAt + sealedChunkBytes),
      /cut off/,
    ],
    ['the rows cut off within a chunk', () => whole.subarray(0, rowsAt + 1000), /cut off/],
    ['the last byte cut off', () => whole.subarray(0, -1), /cut off/],
    ['a byte appended', () => Buffer.concat([whole, Buffer.alloc(1)]), /damaged/],
    ['two chunks in each other’s place', () => swapped(), /damaged/],
    [
      'a changed authentication of the head',
      () => flipped(rowsAt - LAST_DIGEST),
      /does not verify/,
    ],
    ['a changed checksum of the head', () => flipped(rowsAt - 2 * LAST_DIGEST), /its head/],
  ])('%s', async (_, make, message) => {
    expect(await refusalOf(make())).toMatch(message)
  })

  function swapped(): Buffer {
    const chunk = (n: number) =>
      whole.subarray(rowsAt + n * sealedChunkBytes, rowsAt + (n + 1) * sealedChunkBytes)
    const rest = whole.subarray(rowsAt + 2 * sealedChunkBytes)
    return Buffer.concat([whole.subarray(0, rowsAt), chunk(1), chunk(0), rest])
  }

  test('the rows of another archive under this head', async () => {
    const file = archivePath(source.config, 'other.archive')
    await backup(source.config, file)
    const other = readFileSync(file)
    const rows = other.subarray(headerEnd(other.subarray(0, PREFIX_BYTES)))
    expect(await refusalOf(Buffer.concat([whole.subarray(0, rowsAt), rows]))).toMatch(/damaged/)
  })
})
