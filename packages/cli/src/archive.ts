// Commands about archives: backup, restore, and the restore drill.
import {
  backup,
  type DrillVerdict,
  drillRestore,
  restore,
  type RestoreOrder,
} from '@keystead/server/commands'
import { type Command, configFor, dataOption, readOptions, UsageError } from './command.ts'
import { openerFrom, openerOptions, type OpenerValues } from './seals.ts'

const PROGRESS_MS = 1000

async function runBackup(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    words,
    { ...dataOption, json: { type: 'boolean' } },
    1,
  )
  const made = await backup(configFor({ KEYSTEAD_DATA: values.data }), fileFrom(positionals))
  if (values.json === true) process.stdout.write(`${JSON.stringify(made)}\n`)
  else {
    process.stdout.write(`${made.file}: ${made.bytes} bytes, as of ${made.takenAt}\n`)
    process.stdout.write(`each of these seals opens it: ${made.seals.join(', ')}\n`)
  }
  return 0
}

function fileFrom([file]: readonly string[]): string {
  if (file === undefined) throw new UsageError('FILE is required')
  return file
}

async function runRestore(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    words,
    {
      ...dataOption,
      drill: { type: 'boolean' },
      ...openerOptions,
      words: { type: 'boolean' },
      'database-url': { type: 'string' },
    },
    1,
  )
  if (values['database-url'] !== undefined && values.drill !== true) {
    throw new UsageError(
      '--database-url belongs to --drill: a restore goes to KEYSTEAD_DATABASE_URL',
    )
  }
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const order = {
    file: fileFrom(positionals),
    opener: names(values) ? openerWith(values) : null,
    onProgress: progress(),
  }
  if (values.drill === true) {
    const databaseUrl = values['database-url'] ?? null
    return report(await drillRestore(config, { ...order, databaseUrl }))
  }
  const { takenAt, rows, rejected, acceptedFrom } = await restore(config, order)
  process.stdout.write(
    [
      `restored ${rows} rows, as of ${takenAt}`,
      'what was done since then is lost, and what limits of policies have counted since then is too:',
      'look for what was revoked, deleted or spent meanwhile before anybody goes on',
      `rejected ${rejected} activities that waited for votes`,
      `accepts new requests from ${acceptedFrom} on: what was signed before must not run again`,
      'next: put the seal key file back, or have another seal ready, and start the server',
      '',
    ].join('\n'),
  )
  return 0
}

/** Whether anything is named that opens a seal. */
function names({ words, passphrase, share, token, file }: OpenerValues & { words?: boolean }) {
  return [words, passphrase, share, token, file].some((value) => value !== undefined)
}

function openerWith(values: OpenerValues): NonNullable<RestoreOrder['opener']> {
  return (shares) => openerFrom(values, shares)
}

/** Tells the error stream how far it has come, once a second. */
function progress(): (rows: number) => void {
  let nextMs = Date.now() + PROGRESS_MS
  return (rows) => {
    if (Date.now() < nextMs) return
    nextMs = Date.now() + PROGRESS_MS
    process.stderr.write(`${rows} rows\n`)
  }
}

/** The verdict as JSON for programs, and one line for people on the error stream. */
function report(verdict: DrillVerdict): number {
  const { problems, takenAt, organizations, signatures, audit } = verdict
  process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, ...verdict })}\n`)
  if (problems.length > 0) {
    const [first = '', ...others] = problems
    const more = others.length === 0 ? '' : `, and ${others.length} more problems`
    process.stderr.write(`BROKEN: ${first}${more}\n`)
    return 1
  }
  process.stderr.write(
    `ok: as of ${takenAt}, ${organizations} organizations opened, ${signatures} keys signed, ` +
      `${audit.entries} entries of the audit log verified\n`,
  )
  return 0
}

export const archiveCommands: Record<string, Command> = {
  backup: {
    synopsis: 'backup [--json] FILE',
    about: 'write an encrypted archive of everything to a new file, also while the server runs',
    run: runBackup,
  },
  restore: {
    synopsis:
      'restore [--drill [--database-url URL]] [--words | --passphrase | --share | --token | --file PATH] FILE',
    about: 'restore an archive into an empty instance; --drill: into a scratch one, and verify it',
    run: runRestore,
  },
}
