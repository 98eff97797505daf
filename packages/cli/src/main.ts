// The `keystead` command: finds the sub-command, and turns failures into one clear line.
import { readFileSync } from 'node:fs'
import { activityCommands } from './activities.ts'
import { auditCommands } from './audit.ts'
import { bundleCommands } from './bundles.ts'
import { type Command, explain, UsageError } from './command.ts'
import { generateCommands } from './generate.ts'
import { governanceCommands } from './governance.ts'
import { details, overview } from './help.ts'
import { instanceCommands } from './instance.ts'
import { organizationCommands } from './organizations.ts'
import { policyCommands } from './policy.ts'
import { privateKeyCommands } from './privateKeys.ts'
import { requestCommands } from './request.ts'
import { signingCommands } from './signing.ts'
import { walletAccountCommands } from './walletAccounts.ts'
import { walletCommands } from './wallets.ts'
import { webhookCommands } from './webhooks.ts'
import { wireNameCommands } from './wireNames.ts'

/** Without a prototype: no word of the shell may name what every object has. */
const commands = Object.create(null) as Record<string, Command>
Object.assign(commands, {
  ...instanceCommands,
  ...organizationCommands,
  ...governanceCommands,
  ...requestCommands,
  ...generateCommands,
  ...walletCommands,
  ...walletAccountCommands,
  ...privateKeyCommands,
  ...bundleCommands,
  ...signingCommands,
  ...activityCommands,
  ...wireNameCommands,
  ...auditCommands,
  ...policyCommands,
  ...webhookCommands,
})

const NAME_WORDS_MAX = 3

async function main(words: readonly string[]): Promise<number> {
  const [first] = words
  if (first === 'version' || first === '--version') {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  const isHelp = first === undefined || first === 'help'
  const asked = words.slice(isHelp ? 1 : 0)
  const wantsHelp = isHelp || asked.includes('--help') || asked.includes('-h')
  const name = nameIn(asked)
  const command = commands[name.join(' ')]
  if (command !== undefined && !wantsHelp) return command.run(asked.slice(name.length))
  if (asked.length > name.length && !wantsHelp) {
    throw new UsageError(`there is no command \`${asked.slice(0, 2).join(' ')}\``)
  }
  process.stdout.write(name.length === 0 ? overview(commands) : details(commandsUnder(name)))
  return 0
}

/** As many of the first words as begin the name of a command. */
function nameIn(words: readonly string[]): readonly string[] {
  const lengths = Array.from({ length: NAME_WORDS_MAX }, (_, index) => NAME_WORDS_MAX - index)
  const beginnings = lengths.map((length) => words.slice(0, length))
  return beginnings.find((beginning) => commandsUnder(beginning).length > 0) ?? []
}

/** The commands whose names begin with these words. */
function commandsUnder(words: readonly string[]): Command[] {
  const start = `${words.join(' ')} `
  const named = Object.entries(commands).filter(([name]) => `${name} `.startsWith(start))
  return named.map(([, command]) => command)
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
