// Mail: what a message says, and how the outbox carries it.

export interface Mailbox {
  /** Empty: none. */
  name: string
  address: string
}

/** A mail but for its sender. */
export interface Mail {
  to: Mailbox
  subject: string
  text: string
  html: string
}

/** The lane of the outbox that delivers mail. */
export const MAIL_LANE = 'mail'

export function encodeMail(mail: Mail): Buffer {
  return Buffer.from(JSON.stringify(mail))
}

export function decodeMail(payload: Buffer): Mail {
  return JSON.parse(payload.toString('utf8')) as Mail
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template of HTML whose values are text, and appear as that text. */
export function escapedHtml(parts: TemplateStringsArray, ...values: string[]): string {
  const escaped = values.map((value) => value.replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c))
  return parts.map((part, index) => part + (escaped[index] ?? '')).join('')
}
