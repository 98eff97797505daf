// Commands about webhooks: the delivery log, sending events again, and the shared secret.
import { listEvents, replayEvents, showSecret } from '@keystead/server/commands'
import {
  type Command,
  configFor,
  organizationOption,
  printJson,
  readOptions,
  requiredId,
  UsageError,
} from './command.ts'

function seqFrom(name: string, value: string | undefined): number {
  if (value !== undefined && /^\d{1,15}$/.test(value)) return Number(value)
  throw new UsageError(`--${name} must be a number: the \`seq\` of an event`)
}

async function runList(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...organizationOption, failed: { type: 'boolean' } })
  const organizationId = requiredId('organization', values.organization)
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const failed = values.failed === true
  printJson({ events: await listEvents(config, { organizationId, failed }) })
  return 0
}

async function runReplay(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...organizationOption,
    event: { type: 'string' },
    of: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
  })
  const organizationId = requiredId('organization', values.organization)
  const ranged = values.from !== undefined || values.to !== undefined || values.of !== undefined
  if (ranged === (values.event !== undefined)) {
    throw new UsageError('name an event with --event, or a range with --from and --to')
  }
  const choice = ranged
    ? {
        sourceId: requiredId('of', values.of ?? organizationId),
        from: seqFrom('from', values.from),
        to: seqFrom('to', values.to),
      }
    : { eventId: requiredId('event', values.event) }
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const count = await replayEvents(config, { organizationId, choice })
  process.stdout.write(`${count} ${count === 1 ? 'event' : 'events'} will be sent again\n`)
  return 0
}

async function runSecret(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, organizationOption)
  const organizationId = requiredId('organization', values.organization)
  printJson({ secret: await showSecret(configFor({ KEYSTEAD_DATA: values.data }), organizationId) })
  return 0
}

export const webhookCommands: Record<string, Command> = {
  'webhooks list': {
    synopsis: 'webhooks list --organization ID [--failed]',
    about: 'the delivery log of an organization’s webhook: the newest 1000 events',
    run: runList,
  },
  'webhooks replay': {
    synopsis: 'webhooks replay --organization ID (--event ID | --from SEQ --to SEQ [--of ID])',
    about: 'send events again, by id or by range; --of: those about a sub-organization',
    run: runReplay,
  },
  'webhooks secret': {
    synopsis: 'webhooks secret --organization ID',
    about: 'the secret by which the receiver of a webhook can verify events',
    run: runSecret,
  },
}
