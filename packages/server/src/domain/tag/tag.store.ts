// SQL of tags, and of the tags that users and private keys have.
import type { Row, Tx } from '../../store/engine.ts'
import { privateKeyTable, tagTable, userTable } from '../organization/covered.store.ts'
import { type Tagged, type TagKind, tagColumn } from './tag.ts'

export async function insertTag(tx: Tx, row: Row): Promise<void> {
  await tx.insert(tagTable, [row])
}

/** Renames a tag. */
export async function updateTagName(
  tx: Tx,
  organizationId: string,
  tag: { id: string; name: string; nowMs: number },
): Promise<void> {
  await tx.run(
    'update tag set name = ?, updated_ms = ? where organization_id = ?u and id = ?u',
    tag.name,
    tag.nowMs,
    organizationId,
    tag.id,
  )
}

export async function deleteTags(
  tx: Tx,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    await tx.run('delete from tag where organization_id = ?u and id = ?u', organizationId, id)
  }
}

const MEMBERS = { user: userTable.name, privateKey: privateKeyTable.name } as const

/** Sets all tags of each of some users or private keys. */
export async function updateTagsOf(
  tx: Tx,
  kind: TagKind,
  change: { organizationId: string; tagged: readonly Tagged[]; nowMs: number },
): Promise<void> {
  for (const { id, tagIds } of change.tagged) {
    await tx.run(
      `update ${MEMBERS[kind]} set tags = ?, updated_ms = ? where organization_id = ?u and id = ?u`,
      tagColumn(tagIds),
      change.nowMs,
      change.organizationId,
      id,
    )
  }
}
