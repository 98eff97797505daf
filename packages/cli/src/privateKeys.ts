// Commands about private keys that belong to no wallet.
import { Client } from './client.ts'
import { clientCommand } from './clientCommand.ts'
import { type Command, listOf, required, UsageError } from './command.ts'
import { exportBundle, findId, importParameters, initImport } from './transfer.ts'

const keyOptions = {
  name: { type: 'string' },
  curve: { type: 'string' },
  'address-format': { type: 'string', multiple: true },
} as const

interface KeyValues {
  name?: string | undefined
  curve?: string | undefined
  'address-format'?: string[] | undefined
}

function keyParameters(values: KeyValues) {
  const addressFormats = listOf(values['address-format'])
  if (addressFormats.length === 0) throw new UsageError('--address-format is required')
  return {
    privateKeyName: required('name', values.name),
    curve: required('curve', values.curve),
    addressFormats,
  }
}

export const privateKeyCommands: Record<string, Command> = {
  'private-keys create': clientCommand({
    synopsis: 'private-keys create --name S --curve NAME --address-format NAME,… [--tag ID,…]',
    about: 'a new private key',
    options: { ...keyOptions, tag: { type: 'string', multiple: true } },
    run: (values) =>
      new Client(values).submit('create_private_keys', 'CREATE_PRIVATE_KEYS_V2', {
        privateKeys: [{ ...keyParameters(values), privateKeyTags: listOf(values.tag) }],
      }),
  }),
  'private-keys list': clientCommand({
    synopsis: 'private-keys list',
    about: 'the private keys of the organization',
    options: {},
    run: (values) => new Client(values).query('list_private_keys'),
  }),
  'private-keys export': clientCommand({
    synopsis: 'private-keys export --name S|ID --export-bundle-output FILE',
    about: 'write a private key, encrypted to the encryption key',
    options: {
      name: { type: 'string' },
      // The older name of the same flag.
      id: { type: 'string' },
      'export-bundle-output': { type: 'string' },
    },
    run: async (values) => {
      const client = new Client(values)
      const named = required('name', values.name ?? values.id)
      const privateKeyId = await findId(client, 'private_key', named)
      const asked = { noun: 'private_key', parameters: { privateKeyId } } as const
      return (await exportBundle(client, values, asked))['privateKeyId']
    },
  }),
  'private-keys init-import': clientCommand({
    synopsis: 'private-keys init-import --user ID --import-bundle-output FILE',
    about: 'write the key that a private key to be imported is encrypted to',
    options: { user: { type: 'string' }, 'import-bundle-output': { type: 'string' } },
    run: (values) => initImport(new Client(values), values, 'private_key'),
  }),
  'private-keys import': clientCommand({
    synopsis:
      'private-keys import --user ID --name S --curve NAME --address-format NAME,… --encrypted-bundle-input FILE',
    about: 'import a private key that `encrypt` has encrypted',
    options: {
      ...keyOptions,
      user: { type: 'string' },
      'encrypted-bundle-input': { type: 'string' },
    },
    run: (values) =>
      new Client(values).submit('import_private_key', 'IMPORT_PRIVATE_KEY', {
        ...importParameters(values),
        ...keyParameters(values),
      }),
  }),
}
