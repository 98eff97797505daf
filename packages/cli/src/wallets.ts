// Commands about wallets.
import { Client } from './client.ts'
import { clientCommand } from './clientCommand.ts'
import { type Command, required } from './command.ts'
import { exportBundle, findId, importParameters, initImport } from './transfer.ts'

const name = { type: 'string' } as const

export const walletCommands: Record<string, Command> = {
  'wallets create': clientCommand({
    synopsis: 'wallets create --name S',
    about: 'a new wallet, without accounts',
    options: { name },
    run: (values) =>
      new Client(values).submit('create_wallet', 'CREATE_WALLET', {
        walletName: required('name', values.name),
        accounts: [],
      }),
  }),
  'wallets list': clientCommand({
    synopsis: 'wallets list',
    about: 'the wallets of the organization',
    options: {},
    run: (values) => new Client(values).query('list_wallets'),
  }),
  'wallets export': clientCommand({
    synopsis: 'wallets export --name S|ID --export-bundle-output FILE',
    about: 'write the mnemonic of a wallet, encrypted to the encryption key',
    options: { name, 'export-bundle-output': { type: 'string' } },
    run: async (values) => {
      const client = new Client(values)
      const walletId = await findId(client, 'wallet', required('name', values.name))
      const asked = { noun: 'wallet', parameters: { walletId } } as const
      return (await exportBundle(client, values, asked))['walletId']
    },
  }),
  'wallets init-import': clientCommand({
    synopsis: 'wallets init-import --user ID --import-bundle-output FILE',
    about: 'write the key that a mnemonic to be imported is encrypted to',
    options: { user: { type: 'string' }, 'import-bundle-output': { type: 'string' } },
    run: (values) => initImport(new Client(values), values, 'wallet'),
  }),
  'wallets import': clientCommand({
    synopsis: 'wallets import --user ID --name S --encrypted-bundle-input FILE',
    about: 'import a mnemonic that `encrypt` has encrypted',
    options: { name, user: { type: 'string' }, 'encrypted-bundle-input': { type: 'string' } },
    run: (values) =>
      new Client(values).submit('import_wallet', 'IMPORT_WALLET', {
        ...importParameters(values),
        walletName: required('name', values.name),
        accounts: [],
      }),
  }),
}
