// Commands about what organizations may do: freeze, unfreeze, limits, usage.
import { freeze, type LimitValue, readUsage, setLimits } from '@keystead/server/commands'
import {
  type Command,
  configFor,
  idFrom,
  organizationOption,
  printJson,
  readOptions,
  requiredId,
  UsageError,
} from './command.ts'

const ASSIGNMENTS_MAX = 20

function runFreeze(frozen: boolean) {
  return async (words: readonly string[]): Promise<number> => {
    const { values } = readOptions(words, organizationOption)
    const organizationId = idFrom('organization', values.organization)
    const config = configFor({ KEYSTEAD_DATA: values.data })
    const count = await freeze(config, { organizationId, frozen })
    const organizations = count === 1 ? 'organization' : 'organizations'
    process.stdout.write(`${frozen ? 'froze' : 'unfroze'} ${count} ${organizations}\n`)
    return 0
  }
}

async function runLimits(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(words, organizationOption, ASSIGNMENTS_MAX)
  const organizationId = requiredId('organization', values.organization)
  const set = Object.fromEntries(positionals.map(parseAssignment))
  const config = configFor({ KEYSTEAD_DATA: values.data })
  printJson(await setLimits(config, organizationId, set))
  return 0
}

function parseAssignment(word: string): [string, LimitValue] {
  const [, name = '', value = ''] = /^(\w+)=(\w+)$/.exec(word) ?? []
  if (value === 'unlimited' || value === 'default') return [name, value]
  if (/^\d{1,15}$/.test(value)) return [name, Number(value)]
  throw new UsageError(`\`${word}\` is not NAME=NUMBER, NAME=unlimited or NAME=default`)
}

async function runUsage(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, organizationOption)
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const organizationId = idFrom('organization', values.organization)
  printJson({ usage: await readUsage(config, organizationId) })
  return 0
}

export const governanceCommands: Record<string, Command> = {
  'organizations limits': {
    synopsis: 'organizations limits --organization ID [NAME=NUMBER|unlimited|default …]',
    about: 'what an organization may have and use; changes what is named',
    run: runLimits,
  },
  'organizations usage': {
    synopsis: 'organizations usage [--organization ID]',
    about: 'activities and signatures of each month, with all below',
    run: runUsage,
  },
  freeze: {
    synopsis: 'freeze [--organization ID]',
    about: 'stop all activities of one organization, or of every one; reads go on',
    run: runFreeze(true),
  },
  unfreeze: {
    synopsis: 'unfreeze [--organization ID]',
    about: 'allow activities again',
    run: runFreeze(false),
  },
}
