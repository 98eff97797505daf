// Each seal alone opens an archive, without the machine that it was made on; and nothing else does.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createToken, type SoftHsm } from '../../../../tests/support/softHsm.ts'
import {
  addPassphraseSeal,
  addRecoverySeal,
  addShamirSeal,
  addTokenSeal,
  backup,
  type Config,
  drillRestore,
  exportSealFile,
  type NextShare,
  openerOfFile,
  openerOfWords,
  readConfig,
  type RestoreOrder,
  restore,
} from '../../src/commands.ts'
import { backUp } from '../../src/host/backup.ts'
import { archivePath } from '../support/archives.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { makeOlder, open, PASSPHRASE } from '../support/seals.ts'

let source: Instance
let hsm: SoftHsm
let scratch: string
let archive: string
let kinds: string[]
let words: string
let shares: string[]
let token: Config['pkcs11']

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'ks-elsewhere-'))
  hsm = createToken('archive')
  Object.assign(process.env, { SOFTHSM2_CONF: hsm.env['SOFTHSM2_CONF'] })
  token = readConfig(hsm.env).pkcs11
  source = await openInstance('sqlite', { config: { pkcs11: token } })
  words = (await addRecoverySeal(source.config)).words
  await addPassphraseSeal(source.config, PASSPHRASE)
  shares = (await addShamirSeal(source.config, { threshold: 2, count: 3 })).shares
  await addTokenSeal(source.config)
  archive = archivePath(source.config, 'sealed.archive')
  ;({ seals: kinds } = await backup(source.config, archive))
})
afterAll(async () => {
  delete process.env['SOFTHSM2_CONF']
  hsm.dispose()
  rmSync(scratch, { recursive: true, force: true })
  await source.dispose()
})

test('a backup tells which kinds of seals open it', () => {
  expect(new Set(kinds)).toEqual(new Set(['file', 'recovery', 'passphrase', 'shamir', 'pkcs11']))
})

/** The configuration of a machine that has nothing of the other one. */
const elsewhere = () => readConfig({ KEYSTEAD_DATA: join(scratch, 'data') })

const typing = (typed: readonly string[]): NextShare => {
  const left = [...typed]
  return () => Promise.resolve(left.shift() ?? '')
}

function drillWith(config: Config, opener: RestoreOrder['opener'], file = archive) {
  const order = { file, opener, onProgress: () => undefined, databaseUrl: null }
  return drillRestore(config, order)
}

test.each<[string, () => RestoreOrder['opener']]>([
  ['the key file', () => () => Promise.resolve(openerOfFile(source.config.sealFile))],
  ['the recovery words', () => () => Promise.resolve(openerOfWords(words))],
  ['the passphrase', () => () => Promise.resolve({ kind: 'passphrase', passphrase: PASSPHRASE })],
  ['enough shares', () => (collect) => collect(typing(shares.slice(1)))],
])('%s opens it', async (_, opener) => {
  expect((await drillWith(elsewhere(), opener())).problems).toEqual([])
})

test('the token opens it, named or by the configuration', async () => {
  const config = { ...elsewhere(), pkcs11: token }
  const named = await drillWith(config, () => Promise.resolve({ kind: 'pkcs11' }))
  expect(named.problems).toEqual([])
  expect((await drillWith(config, null)).problems).toEqual([])
})

test.each<[string, RestoreOrder['opener'], RegExp]>([
  ['other words', () => Promise.resolve(openerOfWords(`${'abandon '.repeat(23)}art`)), /no seal/],
  [
    'another passphrase',
    () => Promise.resolve({ kind: 'passphrase', passphrase: `${PASSPHRASE}.` }),
    /this opens no seal of the archive, which has: .*passphrase/,
  ],
  ['what the configuration does not name', null, /there is no seal key file .*--words/],
])('%s do not', async (_, opener, message) => {
  const config = elsewhere()
  await expect(drillWith(config, opener)).rejects.toThrow(message)
  await expect(
    restore(config, { file: archive, opener, onProgress: () => undefined }),
  ).rejects.toThrow(message)
  expect(existsSync(config.dataDirectory)).toBe(false)
})

test('words that are mistyped, and shares of another instance, are refused by name', async () => {
  expect(() => openerOfWords('these are not the words')).toThrow('not 24 recovery words')
  const foreign = await openInstance('sqlite')
  try {
    const other = await addShamirSeal(foreign.config, { threshold: 2, count: 2 })
    const opener: RestoreOrder['opener'] = (collect) => collect(typing(other.shares))
    await expect(drillWith(elsewhere(), opener)).rejects.toThrow('not a share of a seal')
  } finally {
    await foreign.dispose()
  }
})

test('the key file of another archive’s instance does not open it', async () => {
  const foreign = await openInstance('sqlite')
  try {
    const opener = () => Promise.resolve(openerOfFile(foreign.config.sealFile))
    await expect(drillWith(elsewhere(), opener)).rejects.toThrow('this opens no seal')
  } finally {
    await foreign.dispose()
  }
})

test('a seal of the older form opens it', async () => {
  const instance = await openInstance('sqlite')
  try {
    const opener = openerOfFile(instance.config.sealFile)
    // Taken before: whoever opens a seal of the older form brings it up to date.
    const { rootKeys } = await open(instance, opener)
    await makeOlder(instance, opener)
    const file = archivePath(instance.config, 'older.archive')
    await backUp(instance.app.store, { config: instance.config, rootKeys, file })
    expect((await drillWith(elsewhere(), () => Promise.resolve(opener), file)).problems).toEqual([])
  } finally {
    await instance.dispose()
  }
})

test('no backup is taken that only a key file on this machine would open', async () => {
  const instance = await openInstance('sqlite')
  const out = mkdtempSync(join(tmpdir(), 'ks-export-'))
  try {
    await instance.tamper(`delete from seal where kind <> 'file'`)
    const file = archivePath(instance.config, 'refused.archive')
    await expect(backup(instance.config, file)).rejects.toThrow(/never exported.*seal export/)
    expect(existsSync(file)).toBe(false)
    await exportSealFile(instance.config, join(out, 'copy.key'))
    await backup(instance.config, file)
    const copy = () => Promise.resolve(openerOfFile(join(out, 'copy.key')))
    expect((await drillWith(elsewhere(), copy, file)).problems).toEqual([])
  } finally {
    rmSync(out, { recursive: true, force: true })
    await instance.dispose()
  }
})
