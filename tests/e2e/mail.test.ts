// Mail as it arrives at a real SMTP server: what it says, and that it arrives whatever happens.
import { execFile } from 'node:child_process'

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { invitationParams, readLink, waitingMail } from '../support/invitee.ts'
import { engines, type ServerOptions, startServer, type TestServer } from '../support/server.ts'
import { freePort } from '../support/freePort.ts'
import { linkIn, type SmtpOptions, startSmtp, type TestSmtp } from '../support/smtp.ts'

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname
const FROM = 'Keystead, at home <keys@keystead.example>'
const MINUTE = 60_000

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function smtp(options: Partial<SmtpOptions> = {}): Promise<TestSmtp> {
  const started = await startSmtp(options)
  closing.push(() => started.close())
  return started
}

async function serve(
  options: ServerOptions & { smtpUrl: string },
): Promise<{ server: TestServer; invite: (fields?: object) => Promise<string> }> {
  const server = await startServer({
    ...options,
    env: {
      KEYSTEAD_SMTP_URL: options.smtpUrl,
      KEYSTEAD_MAIL_FROM: options.smtpUrl === '' ? '' : FROM,
      ...options.env,
    },
  })
  closing.unshift(() => server.dispose())
  const { organizationId, userId } = server.admin
  return {
    server,
    async invite(fields = {}) {
      const admin = new TestClient(server, adminKey(server.admin), organizationId)
      const made = await admin.submit('create_invitations', {
        invitations: [invitationParams(userId, fields)],
      })
      return made.at('activity.result.createInvitationsResult.invitationIds.0')
    },
  }
}

test('an invitation says who invites whom to what, with a link that works once', async () => {
  const box = await smtp({ login: { user: 'post', password: 'p@ss word' } })
  const { server, invite } = await serve({
    engine: 'sqlite',
    smtpUrl: `smtp://post:p%40ss%20word@127.0.0.1:${box.port}`,
    env: { KEYSTEAD_PUBLIC_URL: 'https://keys.example/below/' },
  })
  const id = await invite({ receiverUserName: 'Ada "Augusta" <King> & Zoë 🗝' })
  const [mail] = await box.arrived(1)
  const { parsed, recipients } = mail ?? {}
  expect(recipients).toEqual(['ada@example.org'])
  expect(parsed?.from).toEqual({ name: 'Keystead, at home', address: 'keys@keystead.example' })
  expect(parsed?.to).toEqual([{ name: 'Ada "Augusta" <King> & Zoë 🗝', address: 'ada@example.org' }])
  expect(parsed?.subject).toBe('admin invites you to Keystead')
  expect(parsed?.messageId).toBe(`<${id}@keystead.example>`)
  const link = linkIn(parsed?.text)
  expect(link.href).toMatch(/^https:\/\/keys\.example\/below\/invitations#/)
  expect(readLink(link).organizationId).toBe(server.admin.organizationId)
  expect(parsed?.text).toContain('Hello Ada "Augusta" <King> & Zoë 🗝,')
  expect(parsed?.html).toContain('Hello Ada &quot;Augusta&quot; &lt;King&gt; &amp; Zoë 🗝,')
  expect(parsed?.html).toContain(`<a href="${link.href}">`)
  await server.end('SIGTERM')
  const log = server.output()
  expect(log).not.toContain(link.hash.slice(40))
  expect(log).not.toContain('ada@example.org')
})

const tricky = [
  'Eve\u2028Bcc: x@example.org',
  'Eve\u0085Bcc: x@example.org',
  '"Eve" <eve@example.org>,',
  '=?utf-8?q?=0D=0ABcc=3A_x=40example=2Eorg?=',
  `${'long name '.repeat(25)}`,
  "'; drop table outbox; --",
]

test('a name is nothing but a name, whatever is in it', async () => {
  const box = await smtp()
  const { invite } = await serve({ engine: 'sqlite', smtpUrl: box.url })
  for (const receiverUserName of tricky) await invite({ receiverUserName })
  const mails = await box.arrived(tricky.length)
  expect(mails).toHaveLength(6)
  for (const { recipients, raw, parsed } of mails) {
    expect(recipients).toEqual(['ada@example.org'])
    expect(parsed.to?.map(({ address }) => address)).toEqual(['ada@example.org'])
    expect(parsed.cc ?? parsed.bcc).toBeUndefined()
    const [head = ''] = raw.split('\r\n\r\n')
    expect(head.split('\r\n').filter((line) => /^(bcc|cc):/i.test(line))).toEqual([])
    expect(raw.split('\r\n').filter((line) => line.length > 998)).toEqual([])
  }
})

test.each(engines)(
  'what cannot be sent on %s is sent when the mail server is back',
  async (engine) => {
    const port = await freePort()
    const { server, invite } = await serve({ engine, smtpUrl: `smtp://127.0.0.1:${port}` })
    const id = await invite()
    await expect
      .poll(() => server.output(), { timeout: MINUTE })
      .toContain('a message was not delivered')
    const box = await smtp({ port })
    const [mail] = await box.arrived(1)
    expect(mail?.parsed.messageId).toContain(id)
    expect(server.output()).not.toContain('ada@example.org')
  },
  MINUTE,
)

test(
  'a process that is killed after the commit sends when it is back',
  async () => {
    // A server that accepts connections and says nothing: the mail is on its way when the end comes.
    const silent = createServer()
    const port = await freePort()
    silent.listen(port, '127.0.0.1')
    const reached = once(silent, 'connection')
    const { server, invite } = await serve({
      engine: 'sqlite',
      smtpUrl: `smtp://127.0.0.1:${port}`,
    })
    const id = await invite()
    const [socket] = (await reached) as [Socket]
    await server.end('SIGKILL')
    socket.destroy()
    silent.close()
    await once(silent, 'close')
    const box = await smtp({ port })
    await server.restart()
    const [mail] = await box.arrived(1)
    expect(mail?.parsed.messageId).toContain(id)
  },
  2 * MINUTE,
)

describe.each(engines)('several processes on one %s database', (engine) => {
  test(
    'send each mail once',
    async () => {
      const box = await smtp()
      const { server, invite } = await serve({ engine, smtpUrl: box.url, workers: 2 })
      const ids: string[] = []
      for (let n = 0; n < 30; n++) ids.push(await invite())
      await box.arrived(ids.length)
      await server.end('SIGTERM')
      const sent = box.mails.map(({ parsed }) => parsed.messageId?.slice(1, 37))
      expect(sent).toHaveLength(ids.length)
      expect(new Set(sent)).toEqual(new Set(ids))
    },
    MINUTE,
  )
})

test('an address that the mail server refuses for good is given up, and counted', async () => {
  const box = await smtp({ unknown: 'nobody@example.org' })
  const { server, invite } = await serve({ engine: 'sqlite', smtpUrl: box.url })
  await invite({ receiverUserEmail: 'nobody@example.org' })
  await invite({ receiverUserEmail: 'ada@example.org' })
  await box.arrived(1)
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
  const counted = 'keystead_outbox_messages_total{lane="mail",outcome='
  await expect.poll(metrics, { timeout: MINUTE / 2 }).toContain(`${counted}"refused"} 1`)
  await expect.poll(metrics, { timeout: MINUTE / 2 }).toContain(`${counted}"delivered"} 1`)
  expect(server.output()).toContain('EENVELOPE 550')
  expect(server.output()).not.toContain('nobody@example.org')
})

test('without a mail server people are invited too: the host shows the links', async () => {
  const { server, invite } = await serve({ engine: 'sqlite', smtpUrl: '' })
  const id = await invite()
  const run = promisify(execFile)
  const words = [launcher, 'mail', '--data', server.data]
  const shown = await run(process.execPath, words, { env: server.env })
  expect(shown.stdout).toContain('to ada@example.org, until ')
  const link = linkIn(shown.stdout)
  expect(link.origin).toBe(server.url.replace('127.0.0.1', 'localhost'))
  expect((await waitingMail(server)).map((one) => one.id)).toEqual([id])
})

test.each([
  [{ KEYSTEAD_SMTP_URL: 'smtp://127.0.0.1' }, 'KEYSTEAD_MAIL_FROM'],
  [
    { KEYSTEAD_SMTP_URL: 'http://127.0.0.1', KEYSTEAD_MAIL_FROM: 'a@b.example' },
    'KEYSTEAD_SMTP_URL',
  ],
  [{ KEYSTEAD_MAIL_FROM: 'nobody' }, 'KEYSTEAD_MAIL_FROM'],
  [{ KEYSTEAD_MAIL_FROM: 'a <b@c.example>\r\nBcc: d@e.example' }, 'KEYSTEAD_MAIL_FROM'],
  [{ KEYSTEAD_PUBLIC_URL: 'ftp://keys.example' }, 'KEYSTEAD_PUBLIC_URL'],
])('a server is not started with %j', async (env, name) => {
  await expect(startServer({ engine: 'sqlite', env })).rejects.toThrow(name)
})
