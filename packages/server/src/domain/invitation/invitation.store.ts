// SQL of invitations.
import type { Row, Tx } from '../../store/engine.ts'
import { invitationTable } from '../organization/covered.store.ts'

export async function insertInvitations(tx: Tx, rows: readonly Row[]): Promise<void> {
  await tx.insert(invitationTable, rows)
}

export async function markAccepted(
  tx: Tx,
  { organizationId, id, nowMs }: { organizationId: string; id: string; nowMs: number },
): Promise<void> {
  await tx.run(
    `update invitation set status = 'accepted', updated_ms = ?
     where organization_id = ?u and id = ?u`,
    nowMs,
    organizationId,
    id,
  )
}

export async function deleteInvitations(
  tx: Tx,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    await tx.run(
      'delete from invitation where organization_id = ?u and id = ?u',
      organizationId,
      id,
    )
  }
}
