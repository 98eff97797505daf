// Files that people name on the command line.
import { closeSync, fchmodSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs'
import { CommandError } from './command.ts'

/**
 * The text of a file, without white space around it.
 *
 * @param file `-` for the standard input
 * @throws CommandError
 */
export function readText(file: string): string {
  return readWhole(file).trim()
}

/** The same with its white space, which may belong to it; only the end of the line is cut off. */
export function readLine(file: string): string {
  return readWhole(file).replace(/\r?\n$/, '')
}

function readWhole(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new CommandError(`cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Writes a file that only its owner can read, also where one was that others could.
 *
 * @throws CommandError
 */
export function writePrivate(file: string, content: string | Uint8Array): void {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'w', 0o600)
    if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600)
    writeSync(descriptor, Buffer.from(content))
  } catch (cause) {
    throw new CommandError(`cannot write ${file}: ${(cause as Error).message}`, { cause })
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
