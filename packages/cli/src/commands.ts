// The table of all commands, and how words find one in it.
import { activityCommands } from './activities.ts'
import { archiveCommands } from './archive.ts'
import { auditCommands } from './audit.ts'
import { bundleCommands } from './bundles.ts'
import { generateCommands } from './generate.ts'
import { governanceCommands } from './governance.ts'
import { instanceCommands } from './instance.ts'
import { organizationCommands } from './organizations.ts'
import { policyCommands } from './policy.ts'
import { privateKeyCommands } from './privateKeys.ts'
import { requestCommands } from './request.ts'
import { rotationCommands } from './rotation.ts'
import { sealCommands } from './seals.ts'
import { signingCommands } from './signing.ts'
import { walletAccountCommands } from './walletAccounts.ts'
import { walletCommands } from './wallets.ts'
import { webhookCommands } from './webhooks.ts'
import { wireNameCommands } from './wireNames.ts'
import type { Command } from './command.ts'

/** Without a prototype: no word of the shell may name what every object has. */
export const commands = Object.create(null) as Record<string, Command>
Object.assign(commands, {
  ...instanceCommands,
  ...sealCommands,
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
  ...archiveCommands,
  ...policyCommands,
  ...rotationCommands,
  ...webhookCommands,
})

const NAME_WORDS_MAX = 3

/** As many of the first words as begin the name of a command. */
export function nameIn(words: readonly string[]): readonly string[] {
  const lengths = Array.from({ length: NAME_WORDS_MAX }, (_, index) => NAME_WORDS_MAX - index)
  const beginnings = lengths.map((length) => words.slice(0, length))
  return beginnings.find((beginning) => commandsUnder(beginning).length > 0) ?? []
}

/** The commands whose names begin with these words. */
export function commandsUnder(words: readonly string[]): Command[] {
  const start = `${words.join(' ')} `
  const named = Object.entries(commands).filter(([name]) => `${name} `.startsWith(start))
  return named.map(([, command]) => command)
}
