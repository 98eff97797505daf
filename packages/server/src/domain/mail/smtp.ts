// The lane that hands mail to an SMTP server.
import type { Transporter } from 'nodemailer'
import { DeliveryFailure, type Deliver } from '../outbox/deliverer.ts'
import { decodeMail, type Mailbox } from './mail.ts'

const CONNECT_MS_MAX = 8000
const SILENCE_MS_MAX = 10_000

export interface SmtpSettings {
  /** `smtp://` (encrypted where the server offers it) or `smtps://`; may name user and password. */
  url: string
  from: Mailbox
}

/** Delivers mail by the SMTP server of `settings`. */
export function smtpLane({ url, from }: SmtpSettings): Deliver {
  // Loaded when it is needed: most starts send no mail, and it is large.
  let opening: Promise<Transporter> | undefined
  const open = async () => (await import('nodemailer')).createTransport(transportOptions(url))
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return async ({ id, payload }) => {
    const { to, subject, text, html } = decodeMail(payload)
    try {
      // The id is that of the message, so that a reader can tell a second delivery from a new mail.
      opening ??= open()
      const transport = await opening
      await transport.sendMail({ from, to, subject, text, html, messageId: `<${id}@${domain}>` })
    } catch (error) {
      throw failureOf(error)
    }
  }
}

/** Options of the transport: nothing in a URL but host, port, user and password counts. */
export function transportOptions(url: string) {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const auth = { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // SECURITY: a password does not leave this machine in the clear.
    requireTLS: !secure && username !== '' && !isLocal,
    ...(username === '' ? {} : { auth }),
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: CONNECT_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** SECURITY: codes only; a server's words may repeat the addressee. */
function failureOf(error: unknown): DeliveryFailure {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  const word = typeof code === 'string' ? code : 'unknown'
  const answered = typeof responseCode === 'number'
  const permanent = word === 'EENVELOPE' && answered && responseCode >= 500
  return new DeliveryFailure(answered ? `${word} ${responseCode}` : word, permanent)
}
