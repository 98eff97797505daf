// Commands about the audit log: export it, and verify an export offline.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import {
  type AuditVerdict,
  AuditVerifier,
  exportLog,
  verifyStored,
} from '@keystead/server/commands'
import {
  type Command,
  configFor,
  dataOption,
  idFrom,
  organizationOption,
  readOptions,
  UsageError,
} from './command.ts'

async function runExport(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...organizationOption,
    checkpoints: { type: 'boolean' },
    out: { type: 'string' },
  })
  const organizationId = idFrom('organization', values.organization)
  await exportLog(configFor({ KEYSTEAD_DATA: values.data }), {
    organizationId,
    checkpointsOnly: values.checkpoints ?? false,
    file: values.out ?? null,
  })
  return 0
}

async function runVerify(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    words,
    { ...dataOption, checkpoints: { type: 'string' }, 'public-key': { type: 'string' } },
    1,
  )
  const [file] = positionals
  const verdict =
    file === undefined
      ? await verifyStored(configFor({ KEYSTEAD_DATA: values.data }))
      : await verifyFile(file, {
          checkpoints: values.checkpoints ?? null,
          publicKey: values['public-key'] ?? null,
        })
  return report(verdict)
}

interface Evidence {
  /** A file of checkpoints that was kept elsewhere. */
  checkpoints: string | null
  publicKey: string | null
}

async function verifyFile(file: string, evidence: Evidence): Promise<AuditVerdict> {
  const { publicKey } = evidence
  if (publicKey !== null && !/^[0-9a-f]{64}$/i.test(publicKey)) {
    throw new UsageError('--public-key must be 64 hexadecimal digits')
  }
  const verifier = new AuditVerifier(publicKey === null ? null : Buffer.from(publicKey, 'hex'))
  await eachLine(file, (line) => verifier.take(line))
  if (evidence.checkpoints !== null) {
    await eachLine(evidence.checkpoints, (line) => verifier.takeEvidence(line))
  }
  return verifier.verdict()
}

async function eachLine(file: string, take: (line: string) => void): Promise<void> {
  let number = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    number++
    if (line === '') continue
    try {
      take(line)
    } catch (cause) {
      throw new UsageError(`${file} line ${number} is not a line of an audit export`, { cause })
    }
  }
}

function report({ problems, chains, checkpoints }: AuditVerdict): number {
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  const entries = Object.values(chains).reduce((sum, seq) => sum + seq, 0)
  const seen = `${Object.keys(chains).length} chains, ${entries} entries, ${checkpoints} checkpoints`
  process.stdout.write(
    problems.length === 0 ? `ok: ${seen}\n` : `BROKEN: ${problems.length} problems; ${seen}\n`,
  )
  return problems.length === 0 ? 0 : 1
}

export const auditCommands: Record<string, Command> = {
  'audit export': {
    synopsis: 'audit export [--organization ID] [--checkpoints] [--out FILE]',
    about: 'the audit log as JSON lines; --checkpoints: only what to keep elsewhere',
    run: runExport,
  },
  'audit verify': {
    synopsis: 'audit verify [FILE] [--checkpoints FILE] [--public-key HEX]',
    about: 'verify an export offline, or without FILE this database',
    run: runVerify,
  },
}
