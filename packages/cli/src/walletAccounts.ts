// Commands about the accounts of wallets.
import { accountPath, curveOf } from './accountDefaults.ts'
import { Client } from './client.ts'
import { clientCommand } from './clientCommand.ts'
import { type Command, required } from './command.ts'
import { exportBundle, findId } from './transfer.ts'

const PAGE = 100

const wallet = { type: 'string' } as const

interface Account {
  walletAccountId: string
  addressFormat: string
  path: string
}

/** All accounts of a wallet, page after page. */
async function listAccounts(client: Client, walletId: string): Promise<Account[]> {
  const accounts: Account[] = []
  for (;;) {
    const after = accounts.at(-1)?.walletAccountId
    const paginationOptions = { limit: String(PAGE), ...(after === undefined ? {} : { after }) }
    const page = await client.query<{ accounts: Account[] }>('list_wallet_accounts', {
      walletId,
      paginationOptions,
    })
    accounts.push(...page.accounts)
    if (page.accounts.length < PAGE) return accounts
  }
}

/** The first usual path of the format that the wallet does not have yet. */
async function nextPath(client: Client, walletId: string, addressFormat: string): Promise<string> {
  const accounts = await listAccounts(client, walletId)
  const alike = accounts.filter((account) => account.addressFormat === addressFormat)
  const used = new Set(alike.map(({ path }) => path))
  for (let index = 0; ; index += 1) {
    const path = accountPath(addressFormat, index)
    if (!used.has(path)) return path
  }
}

export const walletAccountCommands: Record<string, Command> = {
  'wallets accounts list': clientCommand({
    synopsis: 'wallets accounts list --wallet S|ID',
    about: 'the accounts of a wallet',
    options: { wallet },
    run: async (values) => {
      const client = new Client(values)
      const walletId = await findId(client, 'wallet', required('wallet', values.wallet))
      return { accounts: await listAccounts(client, walletId) }
    },
  }),
  'wallets accounts create': clientCommand({
    synopsis:
      'wallets accounts create --wallet S|ID --address-format NAME [--curve NAME] [--path P] [--path-format NAME]',
    about: 'a new account; curve and path are those that the format usually has',
    options: {
      wallet,
      'address-format': { type: 'string' },
      curve: { type: 'string' },
      path: { type: 'string' },
      'path-format': { type: 'string', default: 'PATH_FORMAT_BIP32' },
    },
    run: async (values) => {
      const client = new Client(values)
      const addressFormat = required('address-format', values['address-format'])
      const curve = values.curve ?? curveOf(addressFormat)
      const walletId = await findId(client, 'wallet', required('wallet', values.wallet))
      const path = values.path ?? (await nextPath(client, walletId, addressFormat))
      const account = { addressFormat, curve, pathFormat: values['path-format'], path }
      return client.submit('create_wallet_accounts', 'CREATE_WALLET_ACCOUNTS', {
        walletId,
        accounts: [account],
      })
    },
  }),
  'wallets accounts export': clientCommand({
    synopsis: 'wallets accounts export --address A --export-bundle-output FILE',
    about: 'write the private key of an account, encrypted to the encryption key',
    options: { address: { type: 'string' }, 'export-bundle-output': { type: 'string' } },
    run: async (values) => {
      const parameters = { address: required('address', values.address) }
      const asked = { noun: 'wallet_account', parameters } as const
      return (await exportBundle(new Client(values), values, asked))['address']
    },
  }),
}
