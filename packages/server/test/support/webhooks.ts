// An instance whose organizations have webhooks, and a process that delivers them when told to.
import { randomUUID } from 'node:crypto'
import { startReceiver } from '../../../../tests/support/webhookReceiver.ts'
import type { App } from '../../src/app.ts'
import { WebhookDeliverer, type WebhookDependencies } from '../../src/domain/webhook/deliverer.ts'
import { adminClient, type AppClient } from './client.ts'
import { type Engine, openInstance } from './instance.ts'

/** Sets the URL of an organization's webhook. */
export async function setWebhook(client: AppClient, value: string): Promise<void> {
  const made = await client.submit('set_organization_feature', {
    name: 'FEATURE_NAME_WEBHOOK',
    value,
  })
  if (made.status !== 200) throw new Error(made.text)
}

export async function openWebhooks(engine: Engine) {
  let laterMs = 0
  let made = 0
  const clock = { now: () => Date.now() + laterMs }
  const receiver = await startReceiver()
  const config = { webhookPrivateHosts: ['127.0.0.1'] }
  const instance = await openInstance(engine, { clock, config })
  const outcomes: string[] = []
  const delivererOf = (app: App, rest: Partial<WebhookDependencies> = {}) =>
    new WebhookDeliverer({
      ...app.deps,
      store: app.store,
      holder: randomUUID(),
      privateHosts: app.deps.webhookHosts,
      observe: (outcome) => outcomes.push(outcome),
      ...rest,
    })
  return {
    instance,
    receiver,
    clock,
    /** How attempts went since the last `reset`. */
    outcomes,
    admin: adminClient(instance.app, instance.admin),
    delivererOf,
    deliver: (app = instance.app) => delivererOf(app).run(),
    /** Lets time pass. */
    pass(ms: number) {
      laterMs += ms
    },
    log: (organizationId = instance.organizationId) =>
      instance.rows<{ outcome: string; attempts: number; last_answer: string | null }>(
        `select outcome, attempts, last_answer from webhook_event
         where organization_id = ?u order by at_ms, seq, n`,
        organizationId,
      ),
    /** Makes `count` events. */
    async happen(count: number, client = adminClient(instance.app, instance.admin)) {
      for (let n = 0; n < count; n++) {
        const organizationName = `name ${made++}`
        const answer = await client.submit('update_organization_name', { organizationName })
        if (answer.status !== 200) throw new Error(answer.text)
      }
    },
    async reset() {
      await instance.tamper('delete from outbox')
      await instance.tamper('delete from webhook_event')
      await instance.tamper('delete from lease')
      receiver.arrived.length = 0
      receiver.answer = (_arrived, response) => response.writeHead(204).end()
      outcomes.length = 0
      laterMs = 0
    },
    async close() {
      await instance.dispose()
      await receiver.close()
    },
  }
}

export type Webhooks = Awaited<ReturnType<typeof openWebhooks>>

/** Short words for what arrived, and for how it is answered. */
export function helpers(hooks: () => Webhooks) {
  const arrived = () => hooks().receiver.arrived
  return {
    seqs: () => arrived().map(({ event }) => Number(event.seq)),
    ids: () => arrived().map(({ headers }) => String(headers['webhook-id'])),
    answerWith: (status: number, headers: Record<string, string> = {}) => {
      hooks().receiver.answer = (_one, response) =>
        response.writeHead(status, headers).end('ignored')
    },
  }
}
