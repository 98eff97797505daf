// SQL of the counters of limits.
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'

/** A transaction that also keeps the counters. */
export interface CountingTx extends Tx {
  /** Drops what limits of the organization have counted, of those policies for which it says so. */
  forgetSpending(isGone: (policyId: string) => boolean): void
}

const spendingTable = table('spending', {
  organization_id: 'uuid',
  page: 'integer',
  digest: 'bytes',
  content: 'text',
})

/** Which pages an organization has, and their digests. */
export function listPageDigests(
  reader: Reader,
  organizationId: string,
): Promise<{ page: number; digest: Buffer }[]> {
  return reader.all('select page, digest from spending where organization_id = ?u', organizationId)
}

export async function findPageContent(
  reader: Reader,
  organizationId: string,
  page: number,
): Promise<string | undefined> {
  const row = await reader.one<{ content: string }>(
    'select content from spending where organization_id = ?u and page = ?',
    organizationId,
    page,
  )
  return row?.content
}

export interface PageRow {
  organization_id: string
  page: number
  digest: Buffer
  content: string
}

export async function insertPages(tx: Tx, rows: readonly PageRow[]): Promise<void> {
  await tx.insert(
    spendingTable,
    rows.map((row) => ({ ...row })),
  )
}

export async function updatePage(tx: Tx, row: PageRow): Promise<void> {
  await tx.run(
    'update spending set digest = ?, content = ? where organization_id = ?u and page = ?',
    row.digest,
    row.content,
    row.organization_id,
    row.page,
  )
}

export async function deletePage(tx: Tx, organizationId: string, page: number): Promise<void> {
  await tx.run('delete from spending where organization_id = ?u and page = ?', organizationId, page)
}
