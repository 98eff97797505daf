// The commands that ask a server, each once, and what they say when it cannot be done.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { recoverMessageAddress, recoverTransactionAddress } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { startServer, type TestServer } from '../../../tests/support/server.ts'
import { Shell } from './shell.ts'

const turnkey = JSON.parse(
  readFileSync(new URL('../../../fixtures/turnkey-keys.json', import.meta.url), 'utf8'),
) as { files: Record<string, string> }

const UNSIGNED =
  '02e70180843b9aca00847735940082520894000000000000000000000000000000000000dead0180c0'

interface Activity {
  id: string
  status: string
  type: string
  result: Record<string, Record<string, string | undefined>>
}

let shell: Shell
const does = <T = Record<string, unknown>>(line: string) => shell.does<T>(line)
const fails = (line: string) => shell.fails(line)

async function resultOf(key: string, line: string | readonly string[]) {
  const { activity } = await shell.does<{ activity: Activity }>(line)
  expect(activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
  return activity.result[key] ?? {}
}

describe('with a server', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startServer({ engine: 'sqlite' })
  })
  afterAll(() => server.dispose())

  beforeEach(() => {
    shell = new Shell()
    vi.stubEnv('KEYSTEAD_DATA', server.data)
    vi.stubEnv('KEYSTEAD_PORT', new URL(server.url).port)
  })
  afterEach(() => shell.dispose())

  test('wallets are made and listed, and their accounts, by name and by id', async () => {
    const { walletId } = await resultOf('createWalletResult', 'wallets create --name mine')
    const { wallets } = await does<{ wallets: object[] }>('wallets list')
    expect(wallets).toMatchObject([{ walletId, walletName: 'mine' }])
    for (const wallet of ['mine', walletId]) {
      const line = `wallets accounts create --wallet ${wallet} --address-format ADDRESS_FORMAT_ETHEREUM`
      await resultOf('createWalletAccountsResult', line)
    }
    const listed = await does<{ accounts: { path: string }[] }>(
      'wallets accounts list --wallet mine',
    )
    expect(listed.accounts.map(({ path }) => path).toSorted()).toEqual([
      "m/44'/60'/0'/0/0",
      "m/44'/60'/1'/0/0",
    ])
  })

  test('a payload and a transaction are signed by the account named', async () => {
    await does('wallets create --name signing')
    const { addresses } = await resultOf(
      'createWalletAccountsResult',
      "wallets accounts create --wallet signing --path m/44'/60'/7'/0/0 --address-format ADDRESS_FORMAT_ETHEREUM --curve CURVE_SECP256K1",
    )
    const address = addresses?.[0] ?? ''
    const message = 'hello'
    const payload = `\x19Ethereum Signed Message:\n${message.length}${message}`
    const { r, s, v } = await resultOf('signRawPayloadResult', [
      'raw',
      'sign',
      `-s${address}`,
      `--payload=${payload}`,
      '--hash-function=HASH_FUNCTION_KECCAK256',
    ])
    const signature = `0x${r}${s}${v === '00' ? '1b' : '1c'}` as const
    expect(await recoverMessageAddress({ message, signature })).toBe(address)
    const file = shell.write('unsigned.txt', `${UNSIGNED}\n`)
    const { signedTransaction } = await resultOf(
      'signTransactionResult',
      `ethereum transaction --signer ${address} --payload @${file}`,
    )
    const serializedTransaction = `0x02${signedTransaction?.slice(2)}` as const
    expect(await recoverTransactionAddress({ serializedTransaction })).toBe(address)
  })

  test('private keys are made, with tags, and listed', async () => {
    const body = {
      type: 'ACTIVITY_TYPE_CREATE_PRIVATE_KEY_TAG',
      timestampMs: String(Date.now()),
      organizationId: server.admin.organizationId,
      parameters: { privateKeyTagName: 'cold', privateKeyIds: [] },
    }
    const path = '/public/v1/submit/create_private_key_tag'
    const { privateKeyTagId } = await resultOf('createPrivateKeyTagResult', [
      'request',
      `--path=${path}`,
      `--body=${JSON.stringify(body)}`,
    ])
    await resultOf(
      'createPrivateKeysResultV2',
      `private-keys create --name single --curve CURVE_SECP256K1 --address-format ADDRESS_FORMAT_ETHEREUM,ADDRESS_FORMAT_TRON --tag ${privateKeyTagId}`,
    )
    const { privateKeys } = await does<{ privateKeys: object[] }>('private-keys list')
    expect(privateKeys).toMatchObject([
      { privateKeyName: 'single', privateKeyTags: [privateKeyTagId], addresses: [{}, {}] },
    ])
  })

  test('activities are listed by status, however it is said, and one is shown', async () => {
    await does('wallets create --name active')
    await fails('wallets create --name active')
    const list = (flags: string) => does<Activity[]>(`activities list ${flags}`)
    for (const [said, status] of [
      ['failed', 'ACTIVITY_STATUS_FAILED'],
      ['completed', 'ACTIVITY_STATUS_COMPLETED'],
      ['ACTIVITY_STATUS_FAILED', 'ACTIVITY_STATUS_FAILED'],
    ] as const) {
      const found = await list(`--status ${said}`)
      expect(found.length).toBeGreaterThan(0)
      expect(found.filter((activity) => activity.status !== status)).toEqual([])
    }
    expect(await list('--status consensus,rejected')).toEqual([])
    const all = await list('--status all')
    expect(await list('')).toEqual(all)
    const [newest] = all
    expect(await does(`activities get ${newest?.id}`)).toEqual(newest)
    expect(await fails('activities list --status lost')).toMatch(/^400: .*filterByStatus/)
    expect(await fails('activities get')).toBe('name an activity by its id')
  })

  test('what the server refuses is its status and its answer', async () => {
    const error = await fails('raw sign -s 0x00 --payload x')
    expect(error).toMatch(/^\d{3}: \{"code":\d+,"message":"/)
    const stranger = '99999999-9999-4999-8999-999999999999'
    expect(await fails(`wallets list --organization ${stranger}`)).toMatch(/^40[14]: /)
  })

  test('what is not in the list of the organization is named', async () => {
    const line = 'wallets accounts list --wallet none'
    expect(await fails(line)).toBe('there is no wallet `none`')
    const file = shell.path('out.txt')
    const exporting = `private-keys export --name none --export-bundle-output ${file}`
    expect(await fails(exporting)).toBe('there is no private key `none`')
  })

  test.each(['p256', 'secp256k1', 'ed25519'])(
    'a %s key of `turnkey` is a key here',
    async (name) => {
      for (const [file, content] of Object.entries(turnkey.files)) {
        shell.write(`.config/turnkey/${file}`, content)
      }
      const publicKey = turnkey.files[`keys/${name}.public`]
      const curveType = `API_KEY_CURVE_${name.toUpperCase()}`
      const user = { userName: name, apiKeys: [{ apiKeyName: name, publicKey, curveType }] }
      const params = JSON.stringify({ users: [user] })
      const made = await shell.run(['call', 'createUsers', `--params=${params}`])
      expect(made.code).toBe(0)
      const line = `wallets list -k ${name}`
      const { organizationId } = server.admin
      expect(await does(`${line} --organization ${organizationId}`)).toHaveProperty('wallets')
      expect(await fails(line)).toMatch(/^40[14]: /)
    },
  )

  test('the server is named as a URL, or by host and port', async () => {
    const { host, port } = new URL(server.url)
    vi.stubEnv('KEYSTEAD_PORT', '1')
    for (const named of [server.url, `${server.url}/`, host, `localhost:${port}`]) {
      expect(await does(`wallets list --host ${named}`)).toHaveProperty('wallets')
    }
    expect(await fails('wallets list')).toBe('no server answers at http://127.0.0.1:1')
    expect(await fails('wallets list --host "a b"')).toContain('--host `a b` is no host name')
  })

  test('-o yaml says the same, and an error too', async () => {
    const json = await does('wallets list')
    const { stdout } = await shell.run('wallets list -o yaml')
    expect(parse(stdout)).toEqual(json)
    const failed = await shell.run('wallets create --output=yaml')
    expect(failed).toEqual({ code: 1, stdout: 'error: "--name is required"\n' })
  })

  test('every address format has a usual curve and path', async () => {
    await does('wallets create --name formats')
    const names = await does<string[]>('address-formats list')
    expect(names.length).toBeGreaterThanOrEqual(5)
    for (const name of names) {
      const line = `wallets accounts create --wallet formats --address-format ${name}`
      await resultOf('createWalletAccountsResult', line)
    }
    const { accounts } = await does<{ accounts: { addressFormat: string }[] }>(
      'wallets accounts list --wallet formats',
    )
    const made = accounts.map(({ addressFormat }) => addressFormat)
    expect(made.toSorted()).toEqual(names.toSorted())
    const unknown = 'wallets accounts create --wallet formats --address-format X'
    expect(await fails(unknown)).toBe('--curve is required for X, which has no usual one')
    expect(await fails(`${unknown} --curve CURVE_P256`)).toBe(
      '--path is required for X, which has no usual one',
    )
  })
})

test('what does not answer in JSON is no server of ours', async () => {
  const impostor = createServer((_request, response) => response.end('<html>')).listen(0)
  shell = new Shell()
  try {
    await once(impostor, 'listening')
    const { port } = impostor.address() as { port: number }
    await does('generate api-key --organization 11111111-2222-4333-8444-555555555555')
    const error = await fails(`wallets list --host localhost:${port}`)
    expect(error).toBe(
      `what http://localhost:${port}/public/v1/query/list_wallets answered is not JSON`,
    )
  } finally {
    shell.dispose()
    impostor.close()
  }
})

describe('without a server', () => {
  beforeEach(() => {
    shell = new Shell()
  })
  afterEach(() => shell.dispose())

  test('names that requests may hold are listed', async () => {
    expect(await does<string[]>('curves list')).toContain('CURVE_ED25519')
    expect(await does<string[]>('transaction-types list')).toContain('TRANSACTION_TYPE_ETHEREUM')
    expect(await does<string[]>('address-formats list')).toContain('ADDRESS_FORMAT_SOLANA')
  })

  test.each([
    ['wallets list --key /nonexistent/k', 'no readable key file /nonexistent/k'],
    ['wallets list --key x -k y', '--key and --key-name exclude each other'],
    ['wallets list extra', 'unexpected argument `extra`'],
    ['request --body {}', '--path is required'],
  ])('%s is refused in one line', async (line, text) => {
    expect(await fails(line)).toContain(text)
  })

  test.each([
    ['wallets create', '--name'],
    ['wallets export', '--name'],
    ['wallets accounts list', '--wallet'],
    ['wallets accounts create', '--address-format'],
    ['wallets accounts export', '--address'],
    ['private-keys create', '--address-format'],
    ['private-keys export', '--name'],
    ['raw sign', '--signer'],
    ['ethereum transaction', '--signer'],
    ['wallets init-import', '--import-bundle-output'],
    ['private-keys import', '--encrypted-bundle-input'],
  ])('%s asks for %s', async (line, flag) => {
    const organization = '11111111-2222-4333-8444-555555555555'
    await does(`generate api-key --organization ${organization}`)
    expect(await fails(line)).toBe(`${flag} is required`)
  })
})
