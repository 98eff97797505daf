// Removing credentials of a user, and the rule that keeps an organization from locking itself out.
import { AppError } from '../../errors.ts'
import type { DecidedBy } from '../authority/decide.ts'
import type { Snapshot, User } from '../organization/model.ts'

export type CredentialKind = 'apiKey' | 'passkey' | 'oidcIdentity'

const KINDS = {
  apiKey: { of: (user: User) => user.apiKeys, unknown: 'API_KEY_NOT_FOUND' },
  passkey: { of: (user: User) => user.passkeys, unknown: 'AUTHENTICATOR_NOT_FOUND' },
  oidcIdentity: { of: (user: User) => user.oidcIdentities, unknown: 'OAUTH_PROVIDER_NOT_FOUND' },
} as const

interface CredentialDeletion {
  organization: Snapshot
  kind: CredentialKind
  userId: string
  ids: readonly string[]
  decidedBy: DecidedBy
}

/**
 * What to hand to `deleteCredentials`: the credentials of one kind and user, each once.
 * @throws AppError `USER_NOT_FOUND`, `QUORUM_WITHOUT_CREDENTIALS`, and for an id that is none of the
 *   user's: `API_KEY_NOT_FOUND`, `AUTHENTICATOR_NOT_FOUND`, `OAUTH_PROVIDER_NOT_FOUND`
 */
export function planCredentialDeletion(plan: CredentialDeletion) {
  const { organization, decidedBy } = plan
  const user = organization.users.get(plan.userId)
  if (user === undefined) throw new AppError('USER_NOT_FOUND')
  const { of, unknown } = KINDS[plan.kind]
  const ids = new Set(plan.ids)
  const present = new Set(of(user).map(({ id }) => id))
  if (![...ids].every((id) => present.has(id))) throw new AppError(unknown)
  if (decidedBy !== 'rootQuorum') refuseLockout(organization, ids)
  return { organizationId: organization.organizationId, ids: [...ids] }
}

/** Only the root quorum may leave fewer members than its threshold with a lasting credential. */
function refuseLockout({ users, rootThreshold }: Snapshot, removed: ReadonlySet<string>): void {
  const members = [...users.values()].filter(({ isRoot }) => isRoot)
  const lasting = members.map(lastingCredentials).filter(({ length }) => length > 0)
  const kept = lasting.filter((ids) => ids.some((id) => !removed.has(id)))
  if (kept.length < lasting.length && kept.length < rootThreshold) {
    throw new AppError('QUORUM_WITHOUT_CREDENTIALS')
  }
}

/** Ids of what proves who `user` is without anybody's help, and never expires. */
function lastingCredentials({ apiKeys, passkeys }: User): string[] {
  const keys = apiKeys.filter(({ expiresMs }) => expiresMs === null)
  return [...keys, ...passkeys].map(({ id }) => id)
}
