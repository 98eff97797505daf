// Archive files: written under another name, and there under their own name only when they are whole.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ArchiveError } from './header.ts'

/** What a file is called while it is written, and stays called when that is interrupted. */
export const PARTIAL = /\.[0-9a-f]{12}\.partial$/

/**
 * Writes a new file, readable by its owner only. It survives a power cut once this has returned.
 * @returns how many bytes it has
 * @throws ArchiveError when there is a file of that name
 */
export async function writeWhole(path: string, chunks: AsyncIterable<Buffer>): Promise<number> {
  assertNew(path)
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`
  try {
    const bytes = await using(await open(partial, 'wx', 0o600), (file) => fill(file, chunks))
    assertNew(path)
    await rename(partial, path)
    await using(await open(dirname(path), 'r'), (directory) => directory.sync())
    return bytes
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

function assertNew(path: string): void {
  if (existsSync(path)) throw new ArchiveError(`there is already a file ${path}`)
}

async function fill(file: FileHandle, chunks: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) {
    await file.writeFile(chunk)
    bytes += chunk.length
  }
  await file.sync()
  return bytes
}

/** Runs `work` with a file, and closes it. */
export async function using<T>(
  file: FileHandle,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}
