// The secret of a `file` seal: 32 bytes in hexadecimal, outside the database.
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { decodeHex } from '@keystead/crypto/node'

/** Writes a new seal key file, readable by its owner only. @throws Error when it exists */
export function writeSealFile(path: string): Buffer {
  const secret = randomBytes(32)
  writeNew(path, `${secret.toString('hex')}\n`)
  return secret
}

function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true })
  // Otherwise the seal could be in the database, and a power cut take the file's name away.
  syncDirectory(dirname(path))
}

function syncDirectory(path: string): void {
  // There a directory cannot be opened, and its entries are journalled.
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** The secret of a seal key file, or undefined when there is none. @throws Error when it is damaged */
export function readSealFile(path: string): Buffer | undefined {
  if (!existsSync(path)) return undefined
  const secret = decodeHex(readFileSync(path, 'utf8').trim())
  if (secret?.length !== 32) throw new Error(`the seal key file ${path} is damaged`)
  return secret
}

/** Copies a key file to a new one, readable by its owner only. @throws Error when it exists */
export function copySealFile(from: string, to: string): void {
  writeNew(to, readFileSync(from, 'utf8'))
}
