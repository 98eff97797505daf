// Commands that rotate keys: data keys of organizations, and the root key.
import { readRotation, rekey, rotateDataKeys } from '@keystead/server/commands'
import {
  type Command,
  configFor,
  dataOption,
  idFrom,
  organizationOption,
  printJson,
  readOptions,
  UsageError,
} from './command.ts'

async function runRotate(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...organizationOption, all: { type: 'boolean' } })
  const organizationId = idFrom('organization', values.organization)
  if ((organizationId === null) !== (values.all === true)) {
    throw new UsageError('name an organization with --organization, or take --all')
  }
  await rotateDataKeys(configFor({ KEYSTEAD_DATA: values.data }), { organizationId })
  process.stdout.write(
    organizationId === null
      ? 'all data keys will be rotated; `keystead keys rotation` shows how far it is\n'
      : `organization ${organizationId} has a new data key; what it has sealed will be rewrapped\n`,
  )
  return 0
}

async function runRotation(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, dataOption)
  printJson(await readRotation(configFor({ KEYSTEAD_DATA: values.data })))
  return 0
}

async function runRekey(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, dataOption)
  const version = await rekey(configFor({ KEYSTEAD_DATA: values.data }))
  process.stdout.write(
    `root key ${version} wraps from now on, and every seal opens it; data keys will be rewrapped\n`,
  )
  return 0
}

export const rotationCommands: Record<string, Command> = {
  'keys rotate': {
    synopsis: 'keys rotate (--organization ID | --all)',
    about: 'give data keys a new version; what older ones have sealed is rewrapped by the server',
    run: runRotate,
  },
  'keys rotation': {
    synopsis: 'keys rotation',
    about: 'how far rotation and rewrapping are',
    run: runRotation,
  },
  rekey: {
    synopsis: 'rekey',
    about: 'replace the root key, for every seal at once',
    run: runRekey,
  },
}
