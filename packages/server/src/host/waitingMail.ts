// Mail that has not been delivered, for the person at the host's shell: links can be passed on by hand.
import type { App } from '../app.ts'
import { decodeMail, MAIL_LANE } from '../domain/mail/mail.ts'
import { openMessage } from '../domain/outbox/outbox.ts'
import { listMessages } from '../domain/outbox/outbox.store.ts'

const LISTED_MAX = 1000

export interface WaitingMail {
  organizationId: string
  id: string
  to: string
  subject: string
  text: string
  /** How often delivery has failed. */
  attempts: number
  expiresAt: string
}

/** What waits, longest due first. */
export async function listWaitingMail({ deps }: App): Promise<WaitingMail[]> {
  const { keyvault, store } = deps
  const rows = await listMessages(store.reader, { lane: MAIL_LANE, limit: LISTED_MAX })
  return Promise.all(
    rows.map(async (row) => {
      const { payload } = await keyvault.withDataKey(store.reader, row.organization_id, (dataKey) =>
        openMessage(dataKey, row),
      )
      const { to, subject, text } = decodeMail(payload)
      return {
        organizationId: row.organization_id,
        id: row.id,
        to: to.address,
        subject,
        text,
        attempts: row.attempts,
        expiresAt: new Date(row.expires_ms).toISOString(),
      }
    }),
  )
}
