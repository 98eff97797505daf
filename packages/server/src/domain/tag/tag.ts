// Tags: rules for naming groups of users or of private keys, and for who is in them.
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import type { Snapshot, Tag } from '../organization/model.ts'

export type TagKind = Tag['kind']

const KINDS = {
  user: {
    members: (organization: Snapshot) => organization.users,
    notUnique: 'USER_TAG_LABEL_NOT_UNIQUE',
    unknown: 'USER_TAG_NOT_FOUND',
    unknownMember: 'USER_NOT_FOUND',
  },
  privateKey: {
    members: (organization: Snapshot) => organization.privateKeys,
    notUnique: 'PRIVATE_KEY_TAG_LABEL_NOT_UNIQUE',
    unknown: 'PRIVATE_KEY_TAG_NOT_FOUND',
    unknownMember: 'PRIVATE_KEY_NOT_FOUND',
  },
} as const

/** Somebody whose tags change, and what they are then. */
export interface Tagged {
  id: string
  tagIds: readonly string[]
}

/** The column `tags` of users and private keys: JSON of the ids, each once. */
export function tagColumn(tagIds: readonly string[]): string | null {
  return tagIds.length === 0 ? null : JSON.stringify([...new Set(tagIds)].sort())
}

interface NewTag {
  organization: Snapshot
  kind: TagKind
  name: string
  memberIds: readonly string[]
  nowMs: number
  newId(): string
}

/**
 * The row of a new tag, and its first members.
 * @throws AppError `TAG_LIMIT`, `…_TAG_LABEL_NOT_UNIQUE`, `USER_NOT_FOUND`, `PRIVATE_KEY_NOT_FOUND`
 */
export function planTag(plan: NewTag): { id: string; row: Row; tagged: Tagged[] } {
  const { organization, kind, name, nowMs } = plan
  if (organization.tags.size >= organization.limits.tags) throw new AppError('TAG_LIMIT')
  refuseTakenName(organization, { id: null, kind, name })
  const id = plan.newId()
  const members = { id, kind, add: plan.memberIds, remove: [] }
  const row = {
    organization_id: organization.organizationId,
    id,
    kind,
    name,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  return { id, row, tagged: planMembers(organization, members) }
}

interface TagChange {
  organization: Snapshot
  kind: TagKind
  id: string
  /** Null: as it was. */
  name: string | null
  add: readonly string[]
  /** Also of those that are added. */
  remove: readonly string[]
}

/**
 * The name that a tag then has, and whose tags change.
 * @throws AppError `…_TAG_NOT_FOUND`, `…_TAG_LABEL_NOT_UNIQUE`, `USER_NOT_FOUND`,
 *   `PRIVATE_KEY_NOT_FOUND`
 */
export function planTagChange(plan: TagChange): { name: string; tagged: Tagged[] } {
  const { organization } = plan
  const tag = findTag(organization, plan)
  const name = plan.name ?? tag.name
  refuseTakenName(organization, { ...tag, name })
  return { name, tagged: planMembers(organization, plan) }
}

/**
 * Whose tags change when tags are deleted.
 * @throws AppError `USER_TAG_NOT_FOUND`, `PRIVATE_KEY_TAG_NOT_FOUND`
 */
export function planTagDeletion(
  organization: Snapshot,
  kind: TagKind,
  ids: readonly string[],
): { ids: string[]; tagged: Tagged[] } {
  const deleted = new Set(ids)
  for (const id of deleted) findTag(organization, { kind, id })
  const tagged = [...KINDS[kind].members(organization).values()]
    .filter(({ tagIds }) => tagIds.some((id) => deleted.has(id)))
    .map(({ id, tagIds }) => ({ id, tagIds: tagIds.filter((tag) => !deleted.has(tag)) }))
  return { ids: [...deleted], tagged }
}

function findTag(organization: Snapshot, { kind, id }: { kind: TagKind; id: string }): Tag {
  const tag = organization.tags.get(id)
  if (tag?.kind !== kind) throw new AppError(KINDS[kind].unknown)
  return tag
}

function refuseTakenName(
  { tags }: Snapshot,
  { id, kind, name }: { id: string | null; kind: TagKind; name: string },
): void {
  const taken = [...tags.values()].some(
    (tag) => tag.id !== id && tag.kind === kind && tag.name === name,
  )
  if (taken) throw new AppError(KINDS[kind].notUnique)
}

function planMembers(
  organization: Snapshot,
  { id: tagId, kind, add, remove }: Pick<TagChange, 'id' | 'kind' | 'add' | 'remove'>,
): Tagged[] {
  const { members, unknownMember } = KINDS[kind]
  const removed = new Set(remove)
  return [...new Set([...add, ...remove])].map((id) => {
    const member = members(organization).get(id)
    if (member === undefined) throw new AppError(unknownMember)
    const others = member.tagIds.filter((tag) => tag !== tagId)
    return { id, tagIds: removed.has(id) ? others : [...others, tagId] }
  })
}
