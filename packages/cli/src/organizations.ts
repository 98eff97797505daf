// Commands about root organizations: create, list, delete, and another key for an administrator.
import {
  createOrganization,
  deleteOrganization,
  enrolOrganization,
  type InitOptions,
  listOrganizations,
  recoverAdmin,
} from '@keystead/server/commands'
import {
  type Command,
  configFor,
  dataOption,
  idFrom,
  organizationOption,
  requiredId,
  printJson,
  readOptions,
  UsageError,
} from './command.ts'

export const ownerOptions = {
  'organization-name': { type: 'string' },
  'user-name': { type: 'string' },
  email: { type: 'string' },
  'api-public-key': { type: 'string' },
} as const

type OwnerValues = {
  [K in keyof typeof ownerOptions]?: (typeof ownerOptions)[K]['type'] extends 'string'
    ? string
    : boolean
}

/** Who the first user of a new root organization is. @throws UsageError */
export function ownerFrom(values: OwnerValues): InitOptions {
  return {
    organizationId: null,
    organizationName: values['organization-name'] ?? 'Keystead',
    userName: values['user-name'] ?? 'admin',
    email: values.email ?? null,
    apiPublicKey: publicKeyFrom(values['api-public-key']),
  }
}

function publicKeyFrom(value: string | undefined): string | null {
  if (value === undefined) return null
  if (/^0[23][0-9a-f]{64}$/i.test(value)) return value.toLowerCase()
  throw new UsageError('--api-public-key must be a compressed P-256 key: 66 hexadecimal digits')
}

async function runCreate(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...dataOption,
    ...ownerOptions,
    passkey: { type: 'boolean' },
  })
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const owner = ownerFrom(values)
  if (values.passkey !== true) {
    printJson(await createOrganization(config, owner))
    return 0
  }
  if (owner.apiPublicKey !== null) {
    throw new UsageError('--passkey and --api-public-key exclude each other')
  }
  printJson(await enrolOrganization(config, owner))
  process.stderr.write(
    'Open the link on the device of the first user. It works once; do not pass it on to others.\n',
  )
  return 0
}

async function runList(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, dataOption)
  printJson({ organizations: await listOrganizations(configFor({ KEYSTEAD_DATA: values.data })) })
  return 0
}

async function runDelete(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...organizationOption,
    'without-export': { type: 'boolean' },
  })
  const organizationId = requiredId('organization', values.organization)
  const withoutExport = values['without-export'] === true
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const deleted = await deleteOrganization(config, { organizationId, withoutExport })
  process.stdout.write(
    `deleted organization ${organizationId} with all below it: ${deleted} in all\n`,
  )
  return 0
}

async function runRecoverAdmin(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...organizationOption,
    user: { type: 'string' },
    'api-public-key': { type: 'string' },
  })
  const admin = await recoverAdmin(configFor({ KEYSTEAD_DATA: values.data }), {
    organizationId: idFrom('organization', values.organization),
    userId: idFrom('user', values.user),
    apiPublicKey: publicKeyFrom(values['api-public-key']),
  })
  printJson(admin)
  process.stderr.write(
    [
      'This key is not shown again. Save what is printed above as a file, and try it:',
      '  npx keystead call getWhoami --key FILE',
      'The audit log of the organization announces it. Keys that were lost still work: delete them.',
      '',
    ].join('\n'),
  )
  return 0
}

export const organizationCommands: Record<string, Command> = {
  'organizations create': {
    synopsis: 'organizations create --organization-name S [--api-public-key HEX | --passkey]',
    about:
      'a further root organization, with its own first user: an API key, or a link for a passkey',
    run: runCreate,
  },
  'organizations list': {
    synopsis: 'organizations list',
    about: 'the root organizations of this instance',
    run: runList,
  },
  'organizations delete': {
    synopsis: 'organizations delete --organization ID [--without-export]',
    about: 'erase a root organization and all below it; their audit logs stay',
    run: runDelete,
  },
  'recover-admin': {
    synopsis: 'recover-admin [--organization ID] [--user ID] [--api-public-key HEX]',
    about: 'another API key for a root user whose key is lost',
    run: runRecoverAdmin,
  },
}
