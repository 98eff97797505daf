// Nothing secret is where it does not belong: canaries are looked for in everything a run leaves.
import {
  decryptExportBundle,
  encryptPrivateKeyToBundle,
  encryptWalletToBundle,
} from '@turnkey/crypto'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleSigner } from '../conformance/turnkey/transfers.ts'
import { adminKey, generateKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { type Engine, engines, startServer, type TestServer } from '../support/server.ts'

const MINUTE = 60_000

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const PASSPHRASE = 'canary in a coal mine'
const PRIVATE_KEY = Buffer.from(
  'c0ffee5eedc0ffee5eedc0ffee5eedc0ffee5eedc0ffee5eedc0ffee5eedbeef',
  'hex',
)
/** Not secret, and everywhere: what would be found if the search found nothing. */
const WALLET_NAME = 'a wallet that everybody may see'

/** What a secret may look like; the name says which it was, and shows nothing. */
interface Canary {
  name: string
  forms: Buffer[]
}

/** Four words in a row: no text has them by chance. */
function wordsCanary(name: string, words: string): Canary {
  const list = words.split(' ')
  const runs = list.slice(3).map((_, at) => list.slice(at, at + 4).join(' '))
  return { name, forms: runs.map((run) => Buffer.from(run)) }
}

function bytesCanary(name: string, bytes: Buffer): Canary {
  const hex = bytes.toString('hex')
  const texts = [hex, hex.toUpperCase(), bytes.toString('base64').slice(0, 40)]
  const url = bytes.toString('base64url').slice(0, 40)
  return { name, forms: [bytes, ...[...texts, url].map((text) => Buffer.from(text))] }
}

const textCanary = (name: string, text: string): Canary => ({ name, forms: [Buffer.from(text)] })

function found(canaries: readonly Canary[], where: Buffer): string[] {
  return canaries
    .filter(({ forms }) => forms.some((form) => where.includes(form)))
    .map(({ name }) => name)
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return statSync(path).isFile() ? [path] : []
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)))
}

/** Every value of every table, and what PostgreSQL has written to its log since `from`. */
async function databaseOf(url: string, from: string): Promise<Buffer> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    )
    const parts: Buffer[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<unknown[]>({
        text: `select * from ${name}`,
        rowMode: 'array',
      })
      for (const value of rows.flat()) parts.push(bytesOf(value), Buffer.from('\n'))
    }
    const { rows: segments } = await client.query<{ bytes: Buffer }>(
      `select pg_read_binary_file('pg_wal/' || name) as bytes from pg_ls_waldir()
       where name >= pg_walfile_name($1::pg_lsn) and name <= pg_walfile_name(pg_current_wal_lsn())`,
      [from],
    )
    expect(segments.length).toBeGreaterThan(0)
    return Buffer.concat([...parts, ...segments.map(({ bytes }) => bytes)])
  } finally {
    await client.end()
  }
}

function bytesOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value))
}

async function logPosition(server: TestServer): Promise<string> {
  if (server.databaseUrl === null) return ''
  const client = new pg.Client(server.databaseUrl)
  await client.connect()
  const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn')
  await client.end()
  return rows[0]?.lsn ?? ''
}

/** The heap of the serving process after a collection, as V8 writes it. */
async function heapOf(server: TestServer, folder: string): Promise<Buffer> {
  server.process.kill('SIGUSR2')
  for (;;) {
    await sleep(200)
    const [name] = readdirSync(folder).filter((one) => one.endsWith('.heapsnapshot'))
    if (name === undefined) continue
    const snapshot = readFileSync(join(folder, name))
    if (snapshot.subarray(-8).toString().trimEnd().endsWith('}')) return snapshot
  }
}

describe.each(engines)('secrets of a run on %s', (engine: Engine) => {
  const scratch = mkdtempSync(join(tmpdir(), 'ks-canary-'))
  const heap = mkdtempSync(join(tmpdir(), 'ks-heap-'))
  const answers: string[] = []
  const canaries: Canary[] = []
  let server: TestServer
  let from = ''
  let snapshot: Buffer

  async function command(words: string[], input = ''): Promise<string> {
    const ended = await keystead([...words, '--data', server.data], { env: server.env, input })
    expect(ended).toMatchObject({ code: 0 })
    return ended.stdout + ended.stderr
  }

  const client = () => new TestClient(server, adminKey(server.admin), server.admin.organizationId)

  async function submit(path: string, params: object, type?: string) {
    const answer = await client().submit(path, params, type)
    answers.push(answer.text)
    return answer
  }

  /** Seals with shares and a passphrase, and serves again, unsealed by shares alone. */
  async function unsealByShares(): Promise<void> {
    const printed = await command(['seal', 'add', 'shamir', '--threshold', '2', '--shares', '3'])
    const shares = printed.match(/\b(?:[a-z]+ ){32}[a-z]+\b/g) ?? []
    expect(shares).toHaveLength(3)
    for (const [n, share] of shares.entries()) {
      // The first four words say only whose share it is.
      canaries.push(wordsCanary(`share ${n + 1}`, share.split(' ').slice(4).join(' ')))
    }
    await server.end('SIGTERM')
    renameSync(join(server.data, 'seal.key'), join(scratch, 'seal.key'))
    await server.restart()
    for (const share of shares.slice(0, 2)) await command(['unseal', '--share'], `${share}\n`)
  }

  async function importKeys(): Promise<void> {
    const { organizationId, userId } = server.admin
    const shared = {
      userId,
      organizationId,
      dangerouslyOverrideSignerPublicKey: await bundleSigner(server),
    }
    const begun = await submit('init_import_wallet', { userId })
    const importBundle = begun.at('activity.result.initImportWalletResult.importBundle')
    const mnemonic = `${MNEMONIC}\n--PASS--\n${PASSPHRASE}`
    const encryptedBundle = await encryptWalletToBundle({ ...shared, mnemonic, importBundle })
    const tampered = encryptedBundle.replace(/.(?="\}?$)/, (last) => (last === '0' ? '1' : '0'))
    const wallet = { userId, walletName: WALLET_NAME, accounts: [account('ETHEREUM')] }
    const refused = await submit('import_wallet', { ...wallet, encryptedBundle: tampered })
    expect(refused.status).toBe(400)
    const imported = await submit('import_wallet', { ...wallet, encryptedBundle })
    await sign(imported.at('activity.result.importWalletResult.addresses.0'))

    const keyBundle = (await submit('init_import_private_key', { userId })).at(
      'activity.result.initImportPrivateKeyResult.importBundle',
    )
    const key = await encryptPrivateKeyToBundle({
      ...shared,
      privateKey: PRIVATE_KEY.toString('hex'),
      keyFormat: 'HEXADECIMAL',
      importBundle: keyBundle,
    })
    const addressFormats = ['ADDRESS_FORMAT_ETHEREUM']
    const curve = 'CURVE_SECP256K1'
    const named = { userId, privateKeyName: 'imported', curve, addressFormats }
    const made = await submit('import_private_key', { ...named, encryptedBundle: key })
    await sign(made.at('activity.result.importPrivateKeyResult.addresses.0.address'))
  }

  /** Makes a wallet and a private key here, signs with them, and only then learns what they are. */
  async function exportKeys(): Promise<void> {
    const made = await submit('create_wallet', {
      walletName: 'made here',
      accounts: [account('ETHEREUM'), account('BITCOIN_MAINNET_P2TR')],
      mnemonicLength: 24,
    })
    const walletId = made.at('activity.result.createWalletResult.walletId')
    const address = made.at('activity.result.createWalletResult.addresses.0')
    await sign(address)
    await sign(made.at('activity.result.createWalletResult.addresses.1'))
    const words = await exported('wallet', { walletId })
    canaries.push(wordsCanary('the words of a wallet', words))
    const key = await exported('wallet_account', { address })
    canaries.push(bytesCanary('the key of an account', Buffer.from(key, 'hex')))
    const privateKeys = [
      {
        privateKeyName: 'made here',
        curve: 'CURVE_ED25519',
        addressFormats: ['ADDRESS_FORMAT_SOLANA'],
        privateKeyTags: [],
      },
    ]
    const single = await submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2')
    const at = 'activity.result.createPrivateKeysResultV2.privateKeys.0'
    await sign(single.at(`${at}.addresses.0.address`), 'HASH_FUNCTION_NOT_APPLICABLE')
    const privateKeyId = single.at(`${at}.privateKeyId`)
    const secret = await exported('private_key', { privateKeyId })
    canaries.push(bytesCanary('a private key', Buffer.from(secret, 'hex')))
  }

  async function exported(what: string, params: object): Promise<string> {
    const target = generateKey()
    const answer = await submit(`export_${what}`, { ...params, targetPublicKey: target.publicKey })
    const name = what.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    const result = `export${name[0]?.toUpperCase()}${name.slice(1)}Result`
    return decryptExportBundle({
      exportBundle: answer.at(`activity.result.${result}.exportBundle`),
      embeddedKey: target.privateKey.toString('hex'),
      organizationId: server.admin.organizationId,
      returnMnemonic: what === 'wallet',
      dangerouslyOverrideSignerPublicKey: await bundleSigner(server),
    })
  }

  async function sign(signWith: string, hashFunction = 'HASH_FUNCTION_SHA256'): Promise<void> {
    const encoding = 'PAYLOAD_ENCODING_TEXT_UTF8'
    const signed = await submit(
      'sign_raw_payload',
      { signWith, payload: 'chirp', encoding, hashFunction },
      'SIGN_RAW_PAYLOAD_V2',
    )
    expect(signed.status).toBe(200)
  }

  beforeAll(async () => {
    const NODE_OPTIONS = `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${heap}`
    const env = { NODE_OPTIONS, KEYSTEAD_LOG_LEVEL: 'debug' }
    server = await startServer({ engine, env })
    from = await logPosition(server)
    const words = /^(?:[a-z]+ ){23}[a-z]+$/m.exec(server.output())?.[0] ?? ''
    canaries.push(
      wordsCanary('the recovery words', words),
      wordsCanary('an imported mnemonic', MNEMONIC),
      textCanary('a passphrase', PASSPHRASE),
      bytesCanary('an imported private key', PRIVATE_KEY),
    )
    await unsealByShares()
    await importKeys()
    await exportKeys()
    await command(['seal', 'test'], `${words}\n`)
    await command(['backup', join(scratch, 'canary.archive')])
    await command(['audit', 'export', '--out', join(scratch, 'audit.jsonl')])
    snapshot = await heapOf(server, heap)
  }, 3 * MINUTE)
  afterAll(async () => {
    await server.dispose()
    for (const folder of [scratch, heap]) rmSync(folder, { recursive: true })
  })

  test('are what is looked for', () => {
    expect(canaries.map(({ name }) => name)).toHaveLength(10)
    for (const { name, forms } of canaries) {
      const planted = Buffer.concat([Buffer.from('before'), forms.at(-1) ?? Buffer.of()])
      expect(found(canaries, planted)).toContain(name)
    }
  })

  test('are in no answer, no activity and no error', async () => {
    const paginationOptions = { limit: '100' }
    const listed = await client().query('list_activities', { paginationOptions })
    const text = Buffer.from([...answers, listed.text].join('\n'))
    expect(text.includes(WALLET_NAME)).toBe(true)
    expect(found(canaries, text)).toEqual([])
  })

  test('are not in the log', () => {
    const log = Buffer.from(server.output())
    expect(log.includes('importWallet')).toBe(true)
    expect(found(canaries, log)).toEqual([])
  })

  test('are in no file: database, its log, archive, audit log', async () => {
    const files = [server.data, scratch].flatMap(filesBelow)
    const names = files.map((path) => path.replace(/^.*\//, ''))
    expect(names).toEqual(expect.arrayContaining(['canary.archive', 'audit.jsonl']))
    const parts: Buffer[] = files.map((path) => readFileSync(path))
    if (server.databaseUrl !== null) parts.push(await databaseOf(server.databaseUrl, from))
    const all = Buffer.concat(parts)
    expect(all.includes(WALLET_NAME)).toBe(true)
    expect(found(canaries, all)).toEqual([])
  })

  test('are not on the heap of the serving process once it has collected', () => {
    expect(snapshot.length).toBeGreaterThan(1_000_000)
    expect(snapshot.includes(WALLET_NAME)).toBe(true)
    expect(found(canaries, snapshot)).toEqual([])
  })
})

function account(format: string) {
  return {
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: format === 'ETHEREUM' ? "m/44'/60'/0'/0/0" : "m/86'/0'/0'/0/0",
    addressFormat: `ADDRESS_FORMAT_${format}`,
  }
}
