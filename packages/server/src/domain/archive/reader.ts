// Reading an archive: its head first, then, with the root key, its rows as a stream.
import type { FileHandle } from 'node:fs/promises'
import { aeadKey, ChunkOpener, sealedChunkBytes } from '@keystead/crypto/node'
import type { Row } from '../../store/engine.ts'
import type { Table } from '../../store/table.ts'
import type { RootKeys } from '../keyvault/rootKeys.ts'
import {
  ArchiveError,
  type ArchiveHeader,
  assertHeader,
  headerEnd,
  parseHeader,
  payloadKey,
  PREFIX_BYTES,
  type UnverifiedHeader,
} from './header.ts'
import { parseLine, rowOf } from './lines.ts'

const DAMAGED = 'the archive is damaged, cut off, or was changed'
const NEWLINE = 0x0a

/** Rows of one table that came together. */
export interface RowBatch {
  table: Table
  rows: Row[]
}

const BATCH_ROWS = 200
const BATCH_BYTES = 1024 * 1024

export class ArchiveReader {
  readonly #file: FileHandle
  readonly #size: number
  readonly #unverified: UnverifiedHeader

  private constructor(file: FileHandle, size: number, unverified: UnverifiedHeader) {
    this.#file = file
    this.#size = size
    this.#unverified = unverified
  }

  /** Reads the head. @throws ArchiveError when the file has none, or a damaged one */
  static async open(file: FileHandle): Promise<ArchiveReader> {
    const { size } = await file.stat()
    const end = headerEnd(await readAt(file, 0, PREFIX_BYTES))
    return new ArchiveReader(file, size, parseHeader(await readAt(file, 0, end)))
  }

  /** SECURITY: not authenticated before `rows` is asked for one. */
  get header(): ArchiveHeader {
    return this.#unverified.header
  }

  /** The rows of the seals, to open the archive with. */
  get seals(): RowBatch[] {
    const batches = new Batches()
    for (const line of this.header.seals) batches.take(line)
    return batches.flush()
  }

  /**
   * Every row, in order of the tables. Those of a chunk are authentic when they come, but only when
   * the stream has ended is it known that there are no more: undo what was done if it throws.
   * @throws ArchiveError
   */
  async *rows(rootKeys: RootKeys): AsyncGenerator<RowBatch> {
    const { rootVersion } = this.header
    const rootKey = rootKeys.all.find(({ version }) => version === rootVersion)
    if (rootKey === undefined) {
      throw new ArchiveError(`the archive is under version ${rootVersion} of the root key`)
    }
    assertHeader(this.#unverified, rootKey)
    const batches = new Batches()
    let rest: Buffer[] = []
    for await (const chunk of this.#chunks(payloadKey(this.#unverified, rootKey))) {
      rest = takeLines(rest, chunk, (line) => batches.take(line))
      if (batches.isFull) yield* batches.flush()
    }
    if (rest.some(({ length }) => length > 0)) throw new ArchiveError(DAMAGED)
    yield* batches.flush()
    batches.assertEnd()
  }

  async *#chunks(key: Buffer): AsyncGenerator<Buffer> {
    const opener = new ChunkOpener(aeadKey(key))
    let at = this.#unverified.end
    do {
      const sealed = await readAt(this.#file, at, Math.min(sealedChunkBytes, this.#size - at))
      at += sealed.length
      yield openChunk(opener, sealed, at >= this.#size || sealed.length === 0)
    } while (at < this.#size)
  }
}

function openChunk(opener: ChunkOpener, sealed: Buffer, isLast: boolean): Buffer {
  try {
    return opener.open(sealed, isLast)
  } catch (cause) {
    throw new ArchiveError(DAMAGED, { cause })
  }
}

/** Fewer bytes than asked for at the end of the file. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** Hands over the lines that end in `chunk`. @returns what is left of it */
function takeLines(before: Buffer[], chunk: Buffer, take: (line: string) => void): Buffer[] {
  let parts = before
  let start = 0
  for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
    take(Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8'))
    parts = []
    start = end + 1
  }
  return [...parts, chunk.subarray(start)]
}

/** Gathers lines to rows, table by table. */
class Batches {
  #batches: RowBatch[] = []
  #table: Table | undefined
  #pending = { rows: 0, bytes: 0 }
  #count = 0
  #end: number | undefined

  get isFull(): boolean {
    return this.#pending.rows >= BATCH_ROWS || this.#pending.bytes >= BATCH_BYTES
  }

  /** @throws ArchiveError */
  take(text: string): void {
    const line = readLine(text)
    if (this.#end !== undefined) throw new ArchiveError(DAMAGED)
    if ('rows' in line) this.#end = line.rows
    else if ('table' in line) this.#begin(line.table)
    else this.#add(line.values, text.length)
  }

  /** What was gathered since the last time. */
  flush(): RowBatch[] {
    const full = this.#batches.filter(({ rows }) => rows.length > 0)
    this.#pending = { rows: 0, bytes: 0 }
    this.#batches = []
    if (this.#table !== undefined) this.#begin(this.#table)
    return full
  }

  assertEnd(): void {
    if (this.#end !== this.#count) throw new ArchiveError(DAMAGED)
  }

  #begin(table: Table): void {
    this.#table = table
    this.#batches.push({ table, rows: [] })
  }

  #add(values: readonly (string | number | null)[], bytes: number): void {
    const batch = this.#batches.at(-1)
    if (batch === undefined) throw new ArchiveError(DAMAGED)
    batch.rows.push(rowOf(batch.table, values))
    this.#count++
    this.#pending.rows++
    this.#pending.bytes += bytes
  }
}

function readLine(text: string) {
  try {
    return parseLine(text)
  } catch (cause) {
    throw new ArchiveError('the archive has a line that this keystead cannot read', { cause })
  }
}
