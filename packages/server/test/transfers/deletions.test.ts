// Deleting keys: only what was exported, unless the request says otherwise; then nobody signs with it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publicKeyOf } from '@keystead/crypto/node'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import type { App } from '../../src/app.ts'
import { accountParams, adminClient, AppClient, createWallet, signBody } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { errorText } from '../support/transfers.ts'

const targetPublicKey = publicKeyOf('p256', Buffer.alloc(32, 0x22)).toString('hex')
const NOWHERE = '019a0000-0000-7000-8000-000000000001'
const NO_SIGNER = 'no wallet account or private key found to sign with'

async function createKey(client: AppClient, privateKeyName: string): Promise<string> {
  const privateKeys = [{ privateKeyName, curve: 'CURVE_SECP256K1' }]
  const made = await client.submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2')
  return made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
}

async function createAccount(client: AppClient, name: string) {
  const { walletId, address } = await createWallet(client, name)
  const found = await client.query('get_wallet_account', { walletId, address })
  return { walletId, address, id: found.at('account.walletAccountId') }
}

describe.each(engines)('deletion of keys on %s', (engine) => {
  let instance: Instance
  let other: App
  let admin: AppClient

  beforeAll(async () => {
    instance = await openInstance(engine)
    other = await instance.openApp()
    admin = adminClient(instance.app, instance.admin)
  })
  afterAll(() => instance.dispose())

  /** Signs in both processes, so that both have the key in their caches. */
  async function signInBoth(signWith: string, payload: string) {
    const clients = [admin, admin.through(other)]
    return Promise.all(
      clients.map((client, at) =>
        client.send('submit/sign_raw_payload', signBody(client, signWith, `${payload} ${at}`)),
      ),
    )
  }

  /** What can be deleted: how it is made, exported and named, and where it lies. */
  const kinds = {
    wallets: {
      unexported: 'wallet has not been exported',
      unknown: 'wallet not found',
      make: async (name: string) => {
        const { walletId, address } = await createAccount(admin, name)
        return { id: walletId, signWith: address }
      },
      exportIt: (walletId: string) => admin.submit('export_wallet', { walletId, targetPublicKey }),
      params: (walletIds: string[]) => ({ walletIds }),
      tables: ['wallet', 'wallet_secret', 'wallet_account'],
    },
    wallet_accounts: {
      unexported: 'wallet account has not been exported',
      unknown: 'wallet account not found',
      make: async (name: string) => {
        const { id } = await createAccount(admin, name)
        return { id, signWith: id }
      },
      exportIt: async (id: string) => {
        const { accounts } = (await admin.query('list_wallet_accounts', PAGE)).json as {
          accounts: { walletAccountId: string; address: string }[]
        }
        const address = accounts.find((one) => one.walletAccountId === id)?.address
        return admin.submit('export_wallet_account', { address, targetPublicKey })
      },
      params: (walletAccountIds: string[]) => ({ walletAccountIds }),
      tables: ['wallet_account'],
    },
    private_keys: {
      unexported: 'private key has not been exported',
      unknown: 'private key not found',
      make: async (name: string) => {
        const id = await createKey(admin, name)
        return { id, signWith: id }
      },
      exportIt: (privateKeyId: string) =>
        admin.submit('export_private_key', { privateKeyId, targetPublicKey }),
      params: (privateKeyIds: string[]) => ({ privateKeyIds }),
      tables: ['private_key', 'private_key_secret'],
    },
  }
  const PAGE = { paginationOptions: { limit: '100' } }

  describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (name) => {
    const { unexported, unknown, make, exportIt, params, tables } = kinds[name]
    const counts = () => Promise.all(tables.map((table) => instance.count(table)))
    const ask = (ids: string[], more: object = {}) =>
      admin.submit(`delete_${name}`, { ...params(ids), ...more })

    test('stay as long as they were not exported', async () => {
      const { id } = await make(`${name} kept`)
      const before = await counts()
      expect(errorText(await ask([id]))).toBe(unexported)
      expect(errorText(await ask([id], { deleteWithoutExport: false }))).toBe(unexported)
      expect(await counts()).toEqual(before)
    })

    test('go when they were exported, or need not be, from every table', async () => {
      const before = await counts()
      const [one, two] = [await make(`${name} exported`), await make(`${name} dropped`)]
      expect((await exportIt(one.id)).status).toBe(200)
      expect((await ask([one.id])).status).toBe(200)
      expect((await ask([two.id], { deleteWithoutExport: true })).status).toBe(200)
      expect(await counts()).toEqual(before)
    })

    test('go all or none, each once', async () => {
      const [one, two] = [await make(`${name} one`), await make(`${name} two`)]
      const before = await counts()
      const all = { deleteWithoutExport: true }
      expect(errorText(await ask([one.id, NOWHERE], all))).toBe(unknown)
      await exportIt(one.id)
      expect(errorText(await ask([one.id, two.id]))).toBe(unexported)
      expect(await counts()).toEqual(before)
      const deleted = await ask([one.id, two.id, one.id], all)
      const [field] = Object.keys(params([]))
      const camel = name.replace(/_./g, (text) => (text[1] ?? '').toUpperCase())
      const result = `delete${camel[0]?.toUpperCase()}${camel.slice(1)}Result`
      expect(deleted.at(`activity.result.${result}.${field}`)).toEqual([one.id, two.id])
      expect(errorText(await ask([one.id], all))).toBe(unknown)
    })

    test('sign nothing more, in no process', async () => {
      const { id, signWith } = await make(`${name} signing`)
      const before = await signInBoth(signWith, `before ${name}`)
      expect(before.map(({ status }) => status)).toEqual([200, 200])
      expect((await ask([id], { deleteWithoutExport: true })).status).toBe(200)
      const after = await signInBoth(signWith, `after ${name}`)
      expect(after.map(errorText)).toEqual([NO_SIGNER, NO_SIGNER])
    })
  })

  test('of an account lets its path be derived again', async () => {
    const { walletId, id, address } = await createAccount(admin, 'derived again')
    const gone = { walletAccountIds: [id], deleteWithoutExport: true }
    expect((await admin.submit('delete_wallet_accounts', gone)).status).toBe(200)
    const accounts = [accountParams(0)]
    const made = await admin.submit('create_wallet_accounts', { walletId, accounts })
    expect(made.at('activity.result.createWalletAccountsResult.addresses')).toEqual([address])
  })

  test('of an account counts the export of its wallet', async () => {
    const { walletId, id } = await createAccount(admin, 'exported as a whole')
    await admin.submit('export_wallet', { walletId, targetPublicKey })
    const deleted = await admin.submit('delete_wallet_accounts', { walletAccountIds: [id] })
    expect(deleted.status).toBe(200)
  })

  test('needs a policy for each of several', async () => {
    const [mine, theirs] = [
      await createAccount(admin, 'mine'),
      await createAccount(admin, 'theirs'),
    ]
    const { client } = await admin.createUser('cleaner')
    const policy = {
      policyName: 'cleaner',
      effect: 'EFFECT_ALLOW',
      condition: `activity.action == 'DELETE' && wallet.id == '${mine.walletId}'`,
      notes: '',
    }
    const made = await admin.submit('create_policy', policy, 'CREATE_POLICY_V3')
    const ask = (what: 'wallets' | 'wallet_accounts', params: object) =>
      client.submit(`delete_${what}`, { ...params, deleteWithoutExport: true })
    for (const ids of [[mine.id, theirs.id], [theirs.id], [mine.id, NOWHERE]]) {
      const refused = await ask('wallet_accounts', { walletAccountIds: ids })
      expect(errorText(refused)).toBe('request not authorized')
    }
    const both = await ask('wallets', { walletIds: [mine.walletId, theirs.walletId] })
    expect(errorText(both)).toBe('request not authorized')
    expect((await ask('wallet_accounts', { walletAccountIds: [mine.id] })).status).toBe(200)
    expect((await ask('wallets', { walletIds: [mine.walletId] })).status).toBe(200)
    const policyId = made.at('activity.result.createPolicyResult.policyId')
    await admin.submit('delete_policy', { policyId })
  })

  test('of a sub-organization waits until all of it was exported', async () => {
    const key = generateKey()
    const rootUsers = [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }]
    const made = await admin.submit(
      'create_sub_organization',
      { subOrganizationName: 'below', rootUsers, rootQuorumThreshold: 1 },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
    const below = new AppClient(instance.app, key, id)
    const { walletId } = await createWallet(below, 'below')
    const privateKeyId = await createKey(below, 'below')
    const ask = () => below.submit('delete_sub_organization', {})
    expect((await ask()).status).toBe(400)
    await below.submit('export_wallet', { walletId, targetPublicKey })
    expect((await ask()).status).toBe(400)
    await below.submit('export_private_key', { privateKeyId, targetPublicKey })
    expect((await ask()).status).toBe(200)
  })
})
