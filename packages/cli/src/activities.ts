// Commands about activities: list them, look at one.
import { Client } from './client.ts'
import { clientCommand } from './clientCommand.ts'
import { type Command, listOf, UsageError } from './command.ts'

const PREFIX = 'ACTIVITY_STATUS_'
const STATUSES = ['CREATED', 'PENDING', 'COMPLETED', 'FAILED', 'CONSENSUS_NEEDED', 'REJECTED']

/** Statuses in full, or as people say them; `all` constrains nothing. */
function statusesFrom(names: readonly string[]): string[] {
  if (names.includes('all')) return STATUSES.map((name) => PREFIX + name)
  return names.map((name) => {
    const short = name.toUpperCase().replace(PREFIX, '')
    return PREFIX + (short === 'CONSENSUS' ? 'CONSENSUS_NEEDED' : short)
  })
}

export const activityCommands: Record<string, Command> = {
  'activities list': clientCommand({
    synopsis: 'activities list [--status S,…]',
    about: 'the newest activities; S is such as completed, failed, consensus_needed, all',
    options: { status: { type: 'string', multiple: true } },
    run: async (values) => {
      const filterByStatus = statusesFrom(listOf(values.status))
      return (await new Client(values).query('list_activities', { filterByStatus }))['activities']
    },
  }),
  'activities get': clientCommand({
    synopsis: 'activities get ID',
    about: 'one activity, with its result',
    options: {},
    positionals: 1,
    run: async (values, [activityId]) => {
      if (activityId === undefined) throw new UsageError('name an activity by its id')
      return (await new Client(values).query('get_activity', { activityId }))['activity']
    },
  }),
}
