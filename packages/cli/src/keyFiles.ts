// Key pairs in a folder: NAME.public, NAME.private and NAME.meta, as the `turnkey` command keeps them.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CommandError, configFolder, UsageError } from './command.ts'

/** What is written, and read back: text, as each kind of key spells itself. */
export interface StoredKey {
  publicKey: string
  privateKey: string
  /** What the key is for; nothing secret. */
  meta: Record<string, unknown>
}

export interface KeyFiles {
  publicKeyFile: string
  privateKeyFile: string
}

/** Where keys of a kind lie unless a flag says otherwise; the folder is shared with `turnkey`. */
export function defaultFolder(kind: 'keys' | 'encryption-keys'): string {
  return join(configFolder(), 'turnkey', kind)
}

/**
 * Writes a new key pair; never over one that is there.
 *
 * @param folder must exist, unless it is the default
 * @throws UsageError, CommandError
 */
export function storeKey(folder: string, name: string, key: StoredKey): KeyFiles {
  if (name === '' || name !== basename(name) || name.startsWith('.')) {
    throw new UsageError(`\`${name}\` is no name for a key`)
  }
  if (isDefault(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
  assertFolder(folder)
  const file = (extension: string) => join(folder, `${name}.${extension}`)
  const files = { publicKeyFile: file('public'), privateKeyFile: file('private') }
  const contents = {
    [files.privateKeyFile]: key.privateKey,
    [files.publicKeyFile]: key.publicKey,
    [file('meta')]: `${JSON.stringify({ name, ...key.meta })}\n`,
  }
  for (const path of Object.keys(contents)) assertAbsent(path)
  for (const [path, content] of Object.entries(contents)) {
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' })
  }
  return files
}

/**
 * Reads a key pair.
 *
 * @param name in the folder, or the path of a file when it holds a slash
 * @returns without `publicKey`, which follows from the private one
 * @throws CommandError
 */
export function readKey(folder: string, name: string): Omit<StoredKey, 'publicKey'> {
  const path = name.includes('/') ? name.replace(/\.private$/, '') : join(folder, name)
  if (!name.includes('/')) assertFolder(dirname(path))
  const privateKey = readIfThere(`${path}.private`)
  if (privateKey === undefined) {
    throw new CommandError(`there is no key \`${name}\`: no file ${path}.private`)
  }
  const meta = readIfThere(`${path}.meta`)
  return { privateKey: privateKey.trim(), meta: meta === undefined ? {} : parseMeta(path, meta) }
}

/** @throws CommandError when the metadata belong to another key */
export function assertSameKey(name: string, publicKey: string, meta: StoredKey['meta']): void {
  const stated = meta['public_key']
  if (stated !== undefined && stated !== publicKey) {
    throw new CommandError(`the .meta file of key \`${name}\` belongs to another key`)
  }
}

/** Whether a key of that name is in the folder. */
export function hasKey(folder: string, name: string): boolean {
  return statSync(join(folder, `${name}.private`), { throwIfNoEntry: false }) !== undefined
}

function isDefault(folder: string): boolean {
  return folder === defaultFolder('keys') || folder === defaultFolder('encryption-keys')
}

function assertFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found === undefined) throw new CommandError(`there is no folder ${folder}`)
  if (!found.isDirectory()) throw new CommandError(`${folder} is no folder`)
}

function assertAbsent(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return
  throw new CommandError(`${file} exists already, and is not written over`)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function parseMeta(path: string, text: string): StoredKey['meta'] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Told below, as what is JSON and no object is.
  }
  throw new CommandError(`${path}.meta is not a JSON object`)
}
