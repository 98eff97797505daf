// The walks of pages 143 and 144, command by command, with `keystead` in place of `turnkey`.
import { spawnSync } from 'node:child_process'
import { decryptExportBundle } from '@turnkey/crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundleSigner } from '../conformance/turnkey/transfers.ts'
import { createUser, startWorld, type World } from '../conformance/turnkey/world.ts'
import { generateKey } from '../support/client.ts'
import { Person } from '../support/person.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'
const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const ADDRESS_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const RAW_KEY = '0x13eff5b3f9c63eab5d53cff5149f01606b69325496e0e98b53afa938d890cd2e'
const SOLANA_KEY =
  '2P3qgS5A18gGmZJmYHNxYrDYPyfm6S3dJgs8tPW6ki6i2o4yx7K8r5N8CF7JpEtQiW8mx1kSktpgyDG1xuWNzfsM'

const MINUTE = 60_000
// Most of a test is the start of several commands, which a busy machine draws out.
vi.setConfig({ testTimeout: 2 * MINUTE, hookTimeout: 2 * MINUTE })

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname

let world: World
let signer: string
let person: Person
let userId: string

const keystead = async <T = unknown>(line: string, input?: string) =>
  (await person.does(line, input)) as T
const organization = () => `--organization ${world.organizationId}`

async function allow(policyName: string, consensus: string): Promise<void> {
  const policy = { policyName, effect: 'EFFECT_ALLOW', consensus }
  const made = await world.admin.submit('create_policy', policy, 'CREATE_POLICY_V3')
  if (made.status !== 200) throw new Error(made.text)
}

beforeAll(async () => {
  world = await startWorld({ engine: 'sqlite' })
  signer = await bundleSigner(world.server)
  person = new Person()
  person.env['KEYSTEAD_PORT'] = new URL(world.server.url).port
  const { publicKey } = await keystead<{ publicKey: string }>(
    `generate api-key ${organization()} --key-name demo-api-key`,
  )
  ;({ userId } = await createUser(world, { ...generateKey(), publicKey }, 'demo'))
  await allow('all', `approvers.any(user, user.id == '${userId}')`)
  await keystead(
    `generate encryption-key ${organization()} --user ${userId} --encryption-key-name demo-encryption-key --signer-quorum-key ${signer}`,
  )
})
afterAll(async () => {
  person.dispose()
  await world.server.dispose()
})

describe('import (page 144)', () => {
  test('a wallet, with the mnemonic handed over by the shell', async () => {
    const begun = await keystead(
      `wallets init-import --user ${userId} --import-bundle-output ./import_bundle.txt --key-name demo-api-key`,
    )
    expect(begun).toBeNull()
    const script = `'${process.execPath}' '${launcher}' encrypt --user ${userId} \
      --import-bundle-input ./import_bundle.txt --plaintext-input /dev/fd/3 3<<<"$MNEMONIC_1" \
      --encrypted-bundle-output ./encrypted_bundle.txt --encryption-key-name demo-encryption-key`
    const env = { ...person.env, MNEMONIC_1: MNEMONIC }
    const ended = spawnSync('bash', ['-c', script], { env, cwd: person.home, encoding: 'utf8' })
    expect(ended).toMatchObject({ status: 0, stdout: '', stderr: '' })
    const imported = await keystead(
      `wallets import --user ${userId} --name "demo key" --encrypted-bundle-input ./encrypted_bundle.txt --key-name demo-api-key`,
    )
    expect(imported).toMatchObject({
      activity: { result: { importWalletResult: { addresses: [] } } },
    })
  })

  test('a bundle that was used is refused', async () => {
    const error = await person.fails(
      `wallets import --user ${userId} --name again --encrypted-bundle-input ./encrypted_bundle.txt -k demo-api-key`,
    )
    expect(error).toMatch(/^404: \{"code":5,"message":"no import is open/)
  })

  test('its accounts have the addresses of the mnemonic', async () => {
    const created = await keystead(
      'wallets accounts create --wallet "demo key" --address-format ADDRESS_FORMAT_ETHEREUM -k demo-api-key',
    )
    expect(created).toMatchObject({
      activity: { result: { createWalletAccountsResult: { addresses: [ADDRESS] } } },
    })
  })

  test.each([
    { format: 'hexadecimal', key: RAW_KEY, curve: 'SECP256K1', address: 'ETHEREUM' },
    { format: 'solana', key: SOLANA_KEY, curve: 'ED25519', address: 'SOLANA' },
  ])('a private key in the format $format, from the standard input', async (row) => {
    const { format, key, curve, address } = row
    await keystead(
      `private-keys init-import --user ${userId} --import-bundle-output ./import_bundle.txt --key-name demo-api-key`,
    )
    await keystead(
      `encrypt --import-bundle-input ./import_bundle.txt --plaintext-input - --key-format ${format} --encrypted-bundle-output ./encrypted_bundle.txt --encryption-key-name demo-encryption-key`,
      `${key}\n`,
    )
    const imported = await keystead(
      `private-keys import --user ${userId} --name "${format} key" --curve CURVE_${curve} --address-format ADDRESS_FORMAT_${address} --encrypted-bundle-input ./encrypted_bundle.txt -k demo-api-key`,
    )
    expect(imported).toMatchObject({
      activity: {
        result: {
          importPrivateKeyResult: { addresses: [{ format: `ADDRESS_FORMAT_${address}` }] },
        },
      },
    })
  })

  test('no command has printed a secret', () => {
    const files = ['keys/demo-api-key', 'encryption-keys/demo-encryption-key']
    const [apiKey = '', encryptionKey = ''] = files.map((name) =>
      person.read(`.config/turnkey/${name}.private`).slice(0, 64),
    )
    expect(person.printed).toContain('importPrivateKeyResult')
    for (const secret of [MNEMONIC, RAW_KEY.slice(2), SOLANA_KEY, apiKey, encryptionKey]) {
      expect(person.printed).not.toContain(secret)
    }
  })
})

describe('export (page 143)', () => {
  const exporting =
    '-k demo-api-key --encryption-key-name demo-encryption-key --export-bundle-output ./export.txt'
  const decrypting =
    'decrypt --export-bundle-input ./export.txt --encryption-key-name demo-encryption-key'

  test('a wallet, read alike by the published client', async () => {
    const walletId = await keystead(
      `wallets export --name "demo key" ${exporting} ${organization()} --host ${world.server.url}`,
    )
    expect(walletId).toMatch(/^[0-9a-f-]{36}$/)
    const line = `${decrypting} ${organization()} --signer-quorum-key ${signer}`
    expect(await keystead(line)).toBe(MNEMONIC)
    const theirs = await decryptExportBundle({
      exportBundle: person.read('export.txt'),
      organizationId: world.organizationId,
      embeddedKey: person.read('.config/turnkey/encryption-keys/demo-encryption-key.private'),
      dangerouslyOverrideSignerPublicKey: signer,
      returnMnemonic: true,
    })
    expect(theirs).toBe(MNEMONIC)
  })

  test('a private key, by name and by id', async () => {
    const id = await keystead<string>(`private-keys export --name "hexadecimal key" ${exporting}`)
    expect(await keystead(decrypting)).toBe(RAW_KEY.slice(2))
    expect(await keystead(`private-keys export --id ${id} ${exporting}`)).toBe(id)
  })

  test('a private key for a Solana wallet', async () => {
    const { privateKeys } = await keystead<{
      privateKeys: { privateKeyName: string; addresses: { address: string }[] }[]
    }>('private-keys list -k demo-api-key')
    const solana = privateKeys.find(({ privateKeyName }) => privateKeyName === 'solana key')
    await keystead(`private-keys export --name "solana key" ${exporting}`)
    const address = solana?.addresses[0]?.address
    expect(await keystead(`${decrypting} --solana-address ${address}`)).toBe(SOLANA_KEY)
  })

  test('a wallet account', async () => {
    const line = `wallets accounts export --address ${ADDRESS} ${exporting}`
    expect(await keystead(line)).toBe(ADDRESS)
    expect(await keystead(`${decrypting} --plaintext-output ./key.txt`)).toBeNull()
    expect(person.read('key.txt')).toBe(ADDRESS_KEY)
  })

  test('what waits for approval says so, and where its bundle will be', async () => {
    const key = generateKey()
    await createUser(world, key, 'one of two')
    await allow('two', 'approvers.count() >= 2')
    person.write('one.private', key.privateKey.toString('hex'))
    const error = await person.fails(
      `wallets export --name "demo key" -k ./one ${organization()} --encryption-key-name demo-encryption-key --export-bundle-output ./never.txt`,
    )
    const [, id = ''] = /^activity (\S+) is ACTIVITY_STATUS_CONSENSUS_NEEDED/.exec(error) ?? []
    expect(person.files('.')).not.toContain('never.txt')
    const waiting = await world.admin.query('get_activity', { activityId: id })
    const fingerprint = waiting.at('activity.fingerprint')
    const approved = await world.admin.submit('approve_activity', { fingerprint })
    expect(approved.status).toBe(200)
    const { result } = await keystead<{ result: { exportWalletResult: { exportBundle: string } } }>(
      `activities get ${id} -k demo-api-key`,
    )
    person.write('export.txt', result.exportWalletResult.exportBundle)
    expect(await keystead(decrypting)).toBe(MNEMONIC)
  })
})

describe('with an encryption key that remembers no signer', () => {
  const trusting = 'decrypt --export-bundle-input ./export.txt'

  beforeAll(async () => {
    await keystead(`generate encryption-key ${organization()} --user ${userId}`)
    await keystead(
      'wallets export --name "demo key" -k demo-api-key --export-bundle-output ./export.txt',
    )
  })

  test('the one of the instance in the data directory is believed', async () => {
    expect(await keystead(`${trusting} --data ${world.server.data}`)).toBe(MNEMONIC)
  })

  test('without a data directory it must be named', async () => {
    expect(await person.fails(trusting)).toContain('--signer-quorum-key is required')
  })

  test('the one of another instance does not fit', async () => {
    const elsewhere = person.path('elsewhere')
    await person.run(`init --data ${elsewhere}`)
    const error = await person.fails(`${trusting} --data ${elsewhere}`)
    expect(error).toMatch(/no bundle signed by the key [0-9a-f]{16}… of /)
    expect(error).toContain(elsewhere)
  })
})
