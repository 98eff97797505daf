// The `keystead` command: finds the sub-command, and turns failures into one clear line.
import { readFileSync } from 'node:fs'
import { explain, UsageError } from './command.ts'
import { commands, commandsUnder, nameIn } from './commands.ts'
import { details, overview } from './help.ts'

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
