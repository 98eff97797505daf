// The `keystead` command: finds the sub-command, and turns failures into one clear line.
import { readFileSync } from 'node:fs'
import { auditCommands } from './audit.ts'
import { type Command, explain, UsageError } from './command.ts'
import { governanceCommands } from './governance.ts'
import { instanceCommands } from './instance.ts'
import { organizationCommands } from './organizations.ts'
import { policyCommands } from './policy.ts'
import { requestCommands } from './request.ts'
import { webhookCommands } from './webhooks.ts'

/** Without a prototype: no word of the shell may name what every object has. */
const commands = Object.create(null) as Record<string, Command>
Object.assign(commands, {
  ...instanceCommands,
  ...organizationCommands,
  ...governanceCommands,
  ...requestCommands,
  ...auditCommands,
  ...policyCommands,
  ...webhookCommands,
})

async function main(words: readonly string[]): Promise<number> {
  const [first, second] = words
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    process.stdout.write(usage())
    return 0
  }
  if (first === 'version' || first === '--version') {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  const twoWords = commands[`${first} ${second ?? ''}`]
  const command = twoWords ?? commands[first]
  if (command === undefined)
    throw new UsageError(`there is no command \`${words.slice(0, 2).join(' ')}\``)
  return command.run(words.slice(twoWords === undefined ? 1 : 2))
}

function usage(): string {
  const width = Math.max(...Object.values(commands).map(({ synopsis }) => synopsis.length))
  const lines = Object.values(commands).map(
    ({ synopsis, about }) => `  keystead ${synopsis.padEnd(width)}  ${about}`,
  )
  return ['keystead: one server for keys, passkeys and secrets', '', ...lines, ''].join('\n')
}

function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

// SECURITY: whatever is written, the log of the database too, is for the owner's eyes only.
process.umask(0o077)

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`keystead: ${explain(error)}\n`)
  if (error instanceof UsageError)
    process.stderr.write('type `npx keystead help` for the commands\n')
  process.exitCode = error instanceof UsageError ? 2 : 1
}
