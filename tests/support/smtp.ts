// A real SMTP server for one test, and the mail that arrived at it.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { callbackify } from 'node:util'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'

interface ReceivedMail {
  /** The addressees of the envelope. */
  recipients: string[]
  /** As it came over the wire. */
  raw: string
  parsed: Email
}

export interface SmtpOptions {
  /** 0: a free one. */
  port: number
  /** Who must sign in; null: nobody need. */
  login: { user: string; password: string } | null
  /** The address that is refused for good. */
  unknown?: string
}

export interface TestSmtp {
  url: string
  port: number
  mails: ReceivedMail[]
  /** Resolves when `count` mails have arrived in all. */
  arrived(count: number): Promise<ReceivedMail[]>
  close(): Promise<void>
}

export async function startSmtp(given: Partial<SmtpOptions> = {}): Promise<TestSmtp> {
  const options: SmtpOptions = { port: 0, login: null, ...given }
  const mails: ReceivedMail[] = []
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    disabledCommands: options.login === null ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      const { login } = options
      const right = username === login?.user && password === login?.password
      done(right ? null : new Error('no'), { user: username })
    },
    onRcptTo({ address }, _session, done) {
      const refusal = Object.assign(new Error('no such mailbox'), { responseCode: 550 })
      done(address === options.unknown ? refusal : null)
    },
    onData: callbackify(async (stream: Readable, { envelope }: SMTPServerSession) => {
      const raw = await buffer(stream)
      const parsed = await PostalMime.parse(raw)
      const recipients = envelope.rcptTo.map(({ address }) => address)
      mails.push({ recipients, raw: raw.toString('latin1'), parsed })
      for (const look of waiting) look()
    }),
  })
  server.listen(options.port, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const { login } = options
  return {
    url: `smtp://${login === null ? '' : `${login.user}:${login.password}@`}127.0.0.1:${port}`,
    port,
    mails,
    async arrived(count) {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const look = () => {
        if (mails.length >= count) resolve(undefined)
      }
      waiting.add(look)
      look()
      await promise
      waiting.delete(look)
      return mails
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** The link of an invitation in a mail's text. */
export function linkIn(text: string | undefined): URL {
  const found = /^https?:\/\/\S+$/m.exec(text ?? '')?.[0]
  if (found === undefined) throw new Error(`there is no link in ${text}`)
  return new URL(found)
}
