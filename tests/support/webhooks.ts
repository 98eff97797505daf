// Organizations with webhooks on a real server, their delivery log, and how receivers verify events.
import { verifyTurnkeyWebhookSignature } from '@turnkey/crypto'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { adminKey, TestClient } from './client.ts'
import { asHost } from './governance.ts'
import { type ServerOptions, startServer, type TestServer } from './server.ts'
import { type Arrived, type Receiver, startReceiver } from './webhookReceiver.ts'

const MINUTE = 60_000
export const FEATURE = 'FEATURE_NAME_WEBHOOK'

/** Starts servers and receivers of one test, and ends them. */
export function webhookWorld() {
  const closing: (() => Promise<void>)[] = []
  return {
    /** Has more done at the end. */
    atEnd: (work: () => Promise<void>) => void closing.push(work),
    async receive(options: Parameters<typeof startReceiver>[0] = {}): Promise<Receiver> {
      const receiver = await startReceiver(options)
      closing.push(() => receiver.close())
      return receiver
    },
    async serve(options: Partial<ServerOptions> = {}): Promise<TestServer> {
      const env = { KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: '127.0.0.1' }
      const server = await startServer({ engine: 'sqlite', env, ...options })
      closing.unshift(() => server.dispose())
      return server
    },
    async end() {
      for (const close of closing.splice(0)) await close()
    },
  }
}

export const rootOf = (server: TestServer) =>
  new TestClient(server, adminKey(server.admin), server.admin.organizationId)

export async function setWebhook(client: TestClient, value: string): Promise<void> {
  const set = await client.submit('set_organization_feature', { name: FEATURE, value })
  expect(set.status).toBe(200)
}

let renamed = 0
export async function happen(client: TestClient, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const organizationName = `name ${renamed++}`
    const made = await client.submit('update_organization_name', { organizationName })
    ids.push(made.at('activity.id'))
  }
  return ids
}

/** What `webhooks list` prints of an event. */
interface Listed {
  id: string
  organizationId: string
  activityId: string
  seq: number
  outcome: string
  attempts: number
  lastAnswer: string | null
  firstAttemptAt: string | null
}

export async function listed(server: TestServer, ...words: string[]): Promise<Listed[]> {
  const { organizationId } = server.admin
  const printed = await asHost(
    server,
    'webhooks',
    'list',
    '--organization',
    organizationId,
    ...words,
  )
  return (JSON.parse(printed) as { events: Listed[] }).events
}

export const idOf = ({ headers }: Arrived) => String(headers['webhook-id'])
/** Verifies both signatures of everything that arrived, as receivers are told to. */
export async function assertSigned(server: TestServer, arrived: readonly Arrived[]): Promise<void> {
  const words = ['webhooks', 'secret', '--organization', server.admin.organizationId]
  const { secret } = JSON.parse(await asHost(server, ...words)) as { secret: string }
  const published = await fetch(`${server.url}/.well-known/keystead`)
  const { keys } = (await published.json()) as { keys: { id: string; publicKey: string }[] }
  const verificationKeys = keys.map(({ id, publicKey }) => ({ keyId: id, publicKey }))
  for (const { headers, body, event } of arrived) {
    const given = headers as Record<string, string>
    expect(new Webhook(secret).verify(body.toString(), given)).toEqual(event)
    const input = { headers: given, body, verificationKeys, maxTimestampAgeMs: 5 * MINUTE }
    expect(verifyTurnkeyWebhookSignature(input)).toMatchObject({ ok: true })
  }
}
