// Users: rules for adding them to an organization.
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import {
  type ClaimedCredentials,
  type CredentialPlan,
  type Credentials,
  type CredentialVerifier,
  planCredentials,
  verifyCredentials,
} from '../credential/credentials.ts'
import type { VerifiedIdentity } from '../credential/oidcIdentity.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { Snapshot } from '../organization/model.ts'
import { tagColumn } from '../tag/tag.ts'
import { canonicalEmail } from './contact.ts'

/** What a request says about a new user. */
export interface UserParams {
  name: string
  email: string | null
  phone: string | null
  tagIds: readonly string[]
  credentials: ClaimedCredentials
}

/** A user whose credentials were verified. */
interface VerifiedUser extends Omit<UserParams, 'credentials'> {
  /** An id that the user was promised; absent: a new one. */
  id?: string
  credentials: Credentials
}

/** @throws AppError what `verifyCredentials` throws */
export function verifyUsers(
  verifier: CredentialVerifier,
  users: readonly UserParams[],
): Promise<VerifiedUser[]> {
  return Promise.all(
    users.map(async (user) => ({
      ...user,
      credentials: await verifyCredentials(verifier, user.credentials),
    })),
  )
}

interface NewUsers {
  organizationId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  users: readonly VerifiedUser[]
  isRoot: boolean
  nowMs: number
  newId(): string
}

export interface UserPlan extends Omit<CredentialPlan, 'evicted'> {
  userIds: string[]
  users: Row[]
}

/**
 * Rows for new users and their credentials.
 * @throws AppError `USER_LIMIT`, `USER_TAG_NOT_FOUND`, `PUBLIC_KEY_IN_USE`, `CREDENTIAL_ID_IN_USE`,
 *   `OAUTH_PROVIDER_EXISTS`, and what `planCredentials` throws
 */
export function planUsers(plan: NewUsers): UserPlan {
  const { organization } = plan
  const limits = organization?.limits ?? resourceLimits(true)
  const count = (organization?.users.size ?? 0) + plan.users.length
  if (count > limits.users) throw new AppError('USER_LIMIT')
  const planned = plan.users.map((user) => {
    const userId = user.id ?? plan.newId()
    refuseUnknownTags(organization, user.tagIds)
    const credentials = planCredentials({ ...plan, userId, ...user.credentials })
    return { row: userRow(plan, userId, user), credentials }
  })
  const apiKeys = planned.flatMap(({ credentials }) => credentials.apiKeys)
  const passkeys = planned.flatMap(({ credentials }) => credentials.passkeys)
  const oidcIdentities = planned.flatMap(({ credentials }) => credentials.oidcIdentities)
  refuseRepeated(apiKeys, ['public_key'], 'PUBLIC_KEY_IN_USE')
  refuseRepeated(passkeys, ['credential_id'], 'CREDENTIAL_ID_IN_USE')
  refuseRepeated(oidcIdentities, ['issuer', 'audience', 'subject'], 'OAUTH_PROVIDER_EXISTS')
  const users = planned.map(({ row }) => row)
  const userIds = users.map((row) => row['id'] as string)
  return { userIds, users, apiKeys, passkeys, oidcIdentities }
}

/** @throws AppError `USER_TAG_NOT_FOUND` */
export function refuseUnknownTags(organization: Snapshot | null, tagIds: readonly string[]): void {
  const known = tagIds.every((id) => organization?.tags.get(id)?.kind === 'user')
  if (!known) throw new AppError('USER_TAG_NOT_FOUND')
}

type Repeated = 'PUBLIC_KEY_IN_USE' | 'CREDENTIAL_ID_IN_USE' | 'OAUTH_PROVIDER_EXISTS'

/** Two users of one request must not share a credential either. */
function refuseRepeated(rows: readonly Row[], columns: readonly string[], code: Repeated): void {
  const values = rows.map((row) => JSON.stringify(columns.map((column) => row[column])))
  if (new Set(values).size < values.length) throw new AppError(code)
}

function userRow(plan: NewUsers, id: string, user: VerifiedUser): Row {
  return {
    organization_id: plan.organizationId,
    id,
    name: user.name,
    email: user.email === null ? null : canonicalEmail(user.email),
    email_verified: isEmailVerified(user.email, user.credentials.identities) ? 1 : null,
    phone: user.phone,
    phone_verified: null,
    is_root: plan.isRoot ? 1 : 0,
    tags: tagColumn(user.tagIds),
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }
}

/** Whether an identity provider has verified a user's e-mail address. */
export function isEmailVerified(
  email: string | null,
  identities: readonly VerifiedIdentity[],
): boolean {
  if (email === null) return false
  const verified = identities.flatMap(({ verifiedEmail }) => verifiedEmail ?? [])
  return verified.map(canonicalEmail).includes(canonicalEmail(email))
}
