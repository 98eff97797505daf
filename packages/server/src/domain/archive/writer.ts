// Writing an archive: every row of an instance, in one snapshot, as one stream of bytes.
import { randomBytes } from 'node:crypto'
import { aeadKey, chunkBytes, ChunkSealer } from '@keystead/crypto/node'
import type { Reader, Row } from '../../store/engine.ts'
import { presentVersion } from '../../store/migrate.ts'
import { findNewestCheckpoint } from '../audit/checkpoint.store.ts'
import { findNewestRootVersion } from '../keyvault/keyvault.store.ts'
import type { RootKey, RootKeys } from '../keyvault/rootKeys.ts'
import { describeTable, type DescribedTable, listRows } from './archive.store.ts'
import {
  ArchiveError,
  type ArchiveHeader,
  checkpointFacts,
  encodeHeader,
  headerBytes,
  payloadKey,
} from './header.ts'
import { endText, rowText, tableText } from './lines.ts'
import { archivedTables, sealTables } from './tables.ts'

/** Rows that are in memory at a time. */
const PAGE = 100

const SALT_BYTES = 32

export interface ArchiveFacts {
  rootKeys: RootKeys
  /** See `ArchiveHeader`. */
  instance: string
  nowMs: number
}

/** The head of an archive of what `reader` sees: one read snapshot, which the rows have to share. */
export async function archiveHeader(reader: Reader, facts: ArchiveFacts): Promise<ArchiveHeader> {
  const schema = await presentVersion(reader)
  if (schema === undefined) throw new ArchiveError('there is no instance in the database')
  const { version: rootVersion } = await newestRootKey(reader, facts.rootKeys)
  const newest = await findNewestCheckpoint(reader)
  const seals: string[] = []
  for await (const line of tableLines(reader, sealTables)) seals.push(line)
  return {
    schema,
    instance: facts.instance,
    takenMs: facts.nowMs,
    checkpoint: newest === undefined ? null : checkpointFacts(newest),
    rootVersion,
    salt: randomBytes(SALT_BYTES).toString('hex'),
    seals,
  }
}

/** SECURITY: seals hold the newest root key for certain; what an older one encrypts is lost with it. */
async function newestRootKey(reader: Reader, rootKeys: RootKeys): Promise<RootKey> {
  const version = await findNewestRootVersion(reader)
  const found = rootKeys.all.find((key) => key.version === version)
  if (found === undefined) throw new ArchiveError('the root key was changed meanwhile: try again')
  return found
}

/** The bytes of an archive: its head, and every row that `reader` sees. */
export async function* archiveBytes(
  reader: Reader,
  header: ArchiveHeader,
  rootKeys: RootKeys,
): AsyncGenerator<Buffer> {
  const rootKey = { version: header.rootVersion, key: rootKeys.key(header.rootVersion) }
  yield encodeHeader(header, rootKey)
  const key = payloadKey({ header, bytes: headerBytes(header) }, rootKey)
  yield* sealed(lines(reader), aeadKey(key))
}

async function* lines(reader: Reader): AsyncGenerator<string> {
  let rows = 0
  for await (const line of tableLines(reader, archivedTables)) {
    if (line.startsWith('[')) rows++
    yield line
  }
  yield endText(rows)
}

async function* tableLines(reader: Reader, names: readonly string[]): AsyncGenerator<string> {
  for (const name of names) {
    const table = await describeTable(reader, name)
    if (table === undefined) throw new Error(`the database has no table ${name}`)
    yield tableText(table)
    for await (const row of allRows(reader, table)) yield rowText(table, row)
  }
}

async function* allRows(reader: Reader, table: DescribedTable): AsyncGenerator<Row> {
  let after: Row | null = null
  for (;;) {
    const rows: Row[] = await listRows(reader, table, { after, limit: PAGE })
    yield* rows
    after = rows.at(-1) ?? null
    if (rows.length < PAGE) return
  }
}

/** Lines in sealed chunks: all but the last are full. */
async function* sealed(
  texts: AsyncIterable<string>,
  key: ReturnType<typeof aeadKey>,
): AsyncGenerator<Buffer> {
  const sealer = new ChunkSealer(key)
  let parts: Buffer[] = []
  let length = 0
  for await (const text of texts) {
    const line = Buffer.from(`${text}\n`)
    parts.push(line)
    length += line.length
    if (length <= chunkBytes) continue
    const whole = Buffer.concat(parts)
    // The last chunk is not known before nothing follows: something is always kept back.
    const full = Math.ceil(whole.length / chunkBytes) - 1
    for (let n = 0; n < full; n++) {
      yield sealer.seal(whole.subarray(n * chunkBytes, (n + 1) * chunkBytes), false)
    }
    parts = [whole.subarray(full * chunkBytes)]
    length = whole.length - full * chunkBytes
  }
  yield sealer.seal(Buffer.concat(parts), true)
}
