// Users: rules for changing and deleting them.
import { AppError } from '../../errors.ts'
import type { Snapshot, User } from '../organization/model.ts'
import { canonicalEmail } from './contact.ts'
import { refuseUnknownTags } from './user.ts'

/** What becomes of a user. Absent: as it was; null: none. */
export interface UserChange {
  userId: string
  name?: string | undefined
  email?: string | null | undefined
  phone?: string | null | undefined
  tagIds?: readonly string[] | undefined
}

/**
 * The user as it then is. Another e-mail address or phone number is not verified.
 * @throws AppError `USER_NOT_FOUND`, `USER_TAG_NOT_FOUND`
 */
export function planUserChange(organization: Snapshot, change: UserChange): User {
  const user = organization.users.get(change.userId)
  if (user === undefined) throw new AppError('USER_NOT_FOUND')
  const { name = user.name, phone = user.phone, tagIds = user.tagIds } = change
  const email = change.email == null ? change.email : canonicalEmail(change.email)
  refuseUnknownTags(organization, tagIds)
  return {
    ...user,
    name,
    email: email === undefined ? user.email : email,
    emailVerified: user.emailVerified && (email === undefined || email === user.email),
    phone,
    phoneVerified: user.phoneVerified && phone === user.phone,
    tagIds,
  }
}

/**
 * The users to delete, each once.
 * @throws AppError `USER_NOT_FOUND`; `QUORUM_USERS_MISSING` when one is a member of the root quorum
 */
export function planUserDeletion(organization: Snapshot, userIds: readonly string[]): User[] {
  const users = [...new Set(userIds)].map((id) => {
    const user = organization.users.get(id)
    if (user === undefined) throw new AppError('USER_NOT_FOUND')
    return user
  })
  if (users.some(({ isRoot }) => isRoot)) throw new AppError('QUORUM_USERS_MISSING')
  return users
}
