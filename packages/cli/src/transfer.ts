// Bundles to and from a server: the activities that wallets, accounts and private keys share.
import type { Client, Json } from './client.ts'
import { type CommonValues, encryptionKeyIfAny, encryptionKeyOf } from './clientCommand.ts'
import { CommandError, required, requiredId } from './command.ts'
import type { EncryptionKey } from './encryptionKeys.ts'
import { readText, writePrivate } from './files.ts'

type Noun = 'wallet' | 'wallet_account' | 'private_key'

/** Exports to the encryption key, and writes the bundle. @returns the result of the activity */
export async function exportBundle(
  client: Client,
  values: CommonValues & { 'export-bundle-output'?: string | undefined },
  { noun, parameters }: { noun: Noun; parameters: Json },
): Promise<Json> {
  const file = required('export-bundle-output', values['export-bundle-output'])
  const { publicKey: targetPublicKey } = encryptionKeyOf(values)
  const result = await resultOf(client, `export_${noun}`, { ...parameters, targetPublicKey })
  writePrivate(file, String(result['exportBundle']))
  return result
}

/** Asks for a key to encrypt to, and writes the bundle that holds it. */
export async function initImport(
  client: Client,
  values: CommonValues & { user?: string | undefined; 'import-bundle-output'?: string | undefined },
  noun: Noun,
): Promise<void> {
  const file = required('import-bundle-output', values['import-bundle-output'])
  const result = await resultOf(client, `init_import_${noun}`, { userId: userOf(values) })
  writePrivate(file, String(result['importBundle']))
}

/** What every import has: the user, and the bundle that `encrypt` wrote. */
export function importParameters(
  values: CommonValues & {
    user?: string | undefined
    'encrypted-bundle-input'?: string | undefined
  },
): Json {
  const file = required('encrypted-bundle-input', values['encrypted-bundle-input'])
  return { userId: userOf(values), encryptedBundle: readText(file) }
}

/** `--user`, else the user that the encryption key is for. @throws UsageError */
export function userOf(
  values: CommonValues & { user?: string | undefined },
  key: EncryptionKey | undefined = encryptionKeyIfAny(values),
): string {
  return requiredId('user', values.user ?? key?.userId ?? undefined)
}

/** The id of what bears the name or the id given. @throws CommandError when there is none */
export async function findId(
  client: Client,
  noun: 'wallet' | 'private_key',
  nameOrId: string,
): Promise<string> {
  const camel = camelCase(noun)
  const list = await client.query<Record<string, Record<string, string>[]>>(`list_${noun}s`)
  const found = (list[`${camel}s`] ?? []).find(
    (item) => item[`${camel}Name`] === nameOrId || item[`${camel}Id`] === nameOrId,
  )
  const id = found?.[`${camel}Id`]
  if (id === undefined)
    throw new CommandError(`there is no ${noun.replace('_', ' ')} \`${nameOrId}\``)
  return id
}

async function resultOf(client: Client, name: string, parameters: Json): Promise<Json> {
  const { activity } = (await client.submit(name, name.toUpperCase(), parameters)) as {
    activity: { id: string; status: string; result: Record<string, Json | undefined> }
  }
  const result = activity.result[`${camelCase(name)}Result`]
  if (result === undefined) {
    throw new CommandError(
      `activity ${activity.id} is ${activity.status}: once it is approved, \`keystead activities get ${activity.id}\` shows the bundle`,
    )
  }
  return result
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase())
}
