// Exports: to one key of the caller, noted in the same transaction, and only where that is allowed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseMnemonic, publicKeyOf } from '@keystead/crypto/node'
import type { Answer } from '../../../../tests/support/client.ts'
import { accountParams, adminClient, type AppClient, createWallet } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { decryptExport, encrypted, errorText, importWallet } from '../support/transfers.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'
const target = Buffer.alloc(32, 0x22)
const targetPublicKey = publicKeyOf('p256', target).toString('hex')

const bundleOf = (answer: Answer, name: string) =>
  decryptExport(answer.at(`activity.result.${name}Result.exportBundle`), target)

async function createKey(client: AppClient, privateKeyName: string, curve: string) {
  const privateKeys = [{ privateKeyName, curve: `CURVE_${curve}` }]
  const made = await client.submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2')
  return made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
}

describe.each(engines)('exports on %s', (engine) => {
  let instance: Instance
  let admin: AppClient

  beforeAll(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
  })
  afterAll(() => instance.dispose())

  test.each(['SECP256K1', 'P256', 'ED25519'] as const)(
    'hand out the private key of %s that signs',
    async (curve) => {
      const privateKeyId = await createKey(admin, `exported ${curve}`, curve)
      const exported = await admin.submit('export_private_key', { privateKeyId, targetPublicKey })
      const secret = bundleOf(exported, 'exportPrivateKey')
      const name = ({ SECP256K1: 'secp256k1', P256: 'p256', ED25519: 'ed25519' } as const)[curve]
      const found = await admin.query('get_private_key', { privateKeyId })
      const publicKey = publicKeyOf(name, secret).toString('hex')
      expect(found.at('privateKey.publicKey')).toContain(
        publicKey.slice(curve === 'ED25519' ? 0 : 2),
      )
      expect(found.at('privateKey.exported')).toBe(true)
    },
  )

  test('hand out an account alone, which counts as exported and its wallet not', async () => {
    const { walletId, address } = await createWallet(admin, 'single')
    const exported = await admin.submit('export_wallet_account', { address, targetPublicKey })
    expect(bundleOf(exported, 'exportWalletAccount')).toHaveLength(32)
    expect((await admin.query('get_wallet', { walletId })).at('wallet.exported')).toBe(false)
    const account = await admin.query('get_wallet_account', { walletId, address })
    const walletAccountIds = [account.at('account.walletAccountId')]
    const deleted = await admin.submit('delete_wallet_accounts', { walletAccountIds })
    expect(deleted.status).toBe(200)
  })

  test('answer the same body with the same bundle, and another with another', async () => {
    const { walletId } = await createWallet(admin, 'repeated')
    const body = admin.body('EXPORT_WALLET', { walletId, targetPublicKey })
    const later = admin.body('EXPORT_WALLET', { walletId, targetPublicKey }, Date.now() + 1)
    const path = 'activity.result.exportWalletResult.exportBundle'
    const bundles: string[] = []
    for (const sent of [body, body, later]) {
      bundles.push((await admin.send('submit/export_wallet', sent)).at(path))
    }
    expect(bundles[1]).toBe(bundles[0])
    expect(bundles[2]).not.toBe(bundles[0])
  })

  const notKeys = [
    '',
    '00',
    targetPublicKey.slice(2),
    `0x${targetPublicKey}`,
    `06${'11'.repeat(64)}`,
    `04${'11'.repeat(64)}`,
    `02${'ff'.repeat(32)}`,
    'zz'.repeat(33),
    `${targetPublicKey}00`,
    '04'.repeat(100),
  ]
  test.each(notKeys)('go to no key that is none: %s', async (bad) => {
    const { walletId } = await createWallet(admin, `for ${bad}`.slice(0, 100))
    const before = await instance.count('activity')
    const refused = await admin.submit('export_wallet', { walletId, targetPublicKey: bad })
    expect(refused.status).toBe(400)
    expect(refused.at('details.0.fieldViolations.0.field')).toBe('targetPublicKey')
    expect(await instance.count('activity')).toBe(before)
    expect((await admin.query('get_wallet', { walletId })).at('wallet.exported')).toBe(false)
  })

  test('find nothing that is not there', async () => {
    const id = '019a0000-0000-7000-8000-000000000001'
    const answers = [
      await admin.submit('export_wallet', { walletId: id, targetPublicKey }),
      await admin.submit('export_private_key', { privateKeyId: id, targetPublicKey }),
      await admin.submit('export_wallet_account', { address: '0x00', targetPublicKey }),
    ]
    expect(answers.map(errorText)).toEqual([
      'wallet not found',
      'private key not found',
      'wallet account not found',
    ])
  })

  test('of an account find no private key by its address', async () => {
    const privateKeys = [
      {
        privateKeyName: 'k',
        curve: 'CURVE_SECP256K1',
        addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
      },
    ]
    const made = await admin.submit(
      'create_private_keys',
      { privateKeys },
      'CREATE_PRIVATE_KEYS_V2',
    )
    const address = made.at(
      'activity.result.createPrivateKeysResultV2.privateKeys.0.addresses.0.address',
    )
    const asked = await admin.submit('export_wallet_account', { address, targetPublicKey })
    expect(errorText(asked)).toBe('wallet account not found')
  })

  test('need a policy of their own, and see what was exported', async () => {
    const { walletId, address } = await createWallet(admin, 'guarded')
    const { client } = await admin.createUser('exporter')
    const ask = () => client.submit('export_wallet', { walletId, targetPublicKey })
    expect(errorText(await ask())).toBe('request not authorized')
    const policies = [
      {
        policyName: 'signers',
        effect: 'EFFECT_ALLOW',
        condition: "activity.action == 'SIGN'",
        notes: '',
      },
      {
        policyName: 'once',
        effect: 'EFFECT_ALLOW',
        condition: `activity.action == 'EXPORT' && wallet.id == '${walletId}' && wallet.exported == false`,
        notes: '',
      },
      {
        policyName: 'no account',
        effect: 'EFFECT_DENY',
        condition: `activity.type == 'ACTIVITY_TYPE_EXPORT_WALLET_ACCOUNT' && wallet_account.address == '${address}'`,
        notes: '',
      },
    ]
    const made = await admin.submit('create_policies', { policies })
    const account = await client.submit('export_wallet_account', { address, targetPublicKey })
    expect(errorText(account)).toBe('policy engine denied request explicitly')
    expect((await ask()).status).toBe(200)
    expect(errorText(await ask())).toBe('request not authorized')
    const policyIds = made.at<string[]>('activity.result.createPoliciesResult.policyIds')
    await admin.submit('delete_policies', { policyIds })
  })

  test('give the words in the language that is asked for', async () => {
    const { walletId } = await createWallet(admin, 'translated')
    const ask = async (language?: string) =>
      bundleOf(
        await admin.submit('export_wallet', { walletId, targetPublicKey, language }),
        'exportWallet',
      ).toString()
    const own = parseMnemonic(await ask(), ['english'])
    expect(own).toBeDefined()
    expect(await ask('MNEMONIC_LANGUAGE_ENGLISH')).toBe(own?.words)
    const spanish = parseMnemonic(await ask('MNEMONIC_LANGUAGE_SPANISH'), ['spanish'])
    expect(spanish?.entropy).toEqual(own?.entropy)
    const params = { walletId, targetPublicKey, language: 'MNEMONIC_LANGUAGE_KLINGON' }
    expect((await admin.submit('export_wallet', params)).status).toBe(400)
  })

  test('keep nothing that is readable without the target key', async () => {
    const user = { client: admin, userId: instance.admin.userId }
    await importWallet(user, await encrypted(user, 'wallet', MNEMONIC), 'canary')
    const { wallets } = (await admin.query('list_wallets')).json as {
      wallets: { walletId: string; walletName: string }[]
    }
    const walletId = wallets.find(({ walletName }) => walletName === 'canary')?.walletId ?? ''
    const exported = await admin.submit('export_wallet', { walletId, targetPublicKey })
    expect(bundleOf(exported, 'exportWallet').toString()).toBe(MNEMONIC)
    const tables = ['activity', 'audit_entry', 'vote', 'outbox', 'import_key', 'wallet_secret']
    for (const table of tables) {
      const rows = await instance.rows(`select * from ${table}`)
      const bytes = rows.flatMap((row) =>
        Object.values(row).map((value) => Buffer.from(String(value ?? ''), 'latin1')),
      )
      const raw = rows.flatMap((row) =>
        Object.values(row).filter((value) => Buffer.isBuffer(value)),
      )
      const all = Buffer.concat([...bytes, ...raw]).toString('latin1')
      expect([table, all.includes('test test'), all.includes('junk')]).toEqual([
        table,
        false,
        false,
      ])
    }
  })

  test('take no account for exported because SQL says so', async () => {
    const accounts = [accountParams(0)]
    const made = await admin.submit('create_wallet', { walletName: 'tampered', accounts })
    const walletId = made.at('activity.result.createWalletResult.walletId')
    const path = accountParams(0).path
    const account = await admin.query('get_wallet_account', { walletId, path })
    const walletAccountIds = [account.at('account.walletAccountId')]
    const set = 'update wallet_account set exported = ? where wallet_id = ?u'
    await instance.tamper(set, 1, walletId)
    const refused = await admin.submit('delete_wallet_accounts', { walletAccountIds })
    expect(refused.status).toBe(500)
    await instance.tamper(set, null, walletId)
    const asked = await admin.submit('delete_wallet_accounts', { walletAccountIds })
    expect(errorText(asked)).toBe('wallet account has not been exported')
  })
})
