// Users: rules for adding them to an organization.
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import { type ApiKeyParams, planApiKeys } from '../credential/apiKey.ts'
import type { Snapshot } from '../organization/snapshot.ts'

const USERS_MAX = 100

export interface UserParams {
  name: string
  email: string | null
  phone: string | null
  apiKeys: readonly ApiKeyParams[]
}

export interface NewUsers {
  organizationId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  users: readonly UserParams[]
  isRoot: boolean
  nowMs: number
  newId(): string
}

export interface UserPlan {
  userIds: string[]
  users: Row[]
  apiKeys: Row[]
}

/**
 * Rows for new users and their API keys.
 * @throws AppError `USER_LIMIT`, `PUBLIC_KEY_IN_USE`, and what `planApiKeys` throws
 */
export function planUsers(plan: NewUsers): UserPlan {
  const count = (plan.organization?.users.size ?? 0) + plan.users.length
  if (count > USERS_MAX) throw new AppError('USER_LIMIT')
  const planned = plan.users.map((params) => {
    const userId = plan.newId()
    const { rows } = planApiKeys({ ...plan, userId, keys: params.apiKeys })
    return { row: userRow(plan, userId, params), apiKeys: rows }
  })
  const apiKeys = planned.flatMap((user) => user.apiKeys)
  const publicKeys = new Set(apiKeys.map((key) => (key['public_key'] as Buffer).toString('hex')))
  if (publicKeys.size < apiKeys.length) throw new AppError('PUBLIC_KEY_IN_USE')
  return {
    userIds: planned.map(({ row }) => row['id'] as string),
    users: planned.map(({ row }) => row),
    apiKeys,
  }
}

function userRow(plan: NewUsers, id: string, params: UserParams): Row {
  return {
    organization_id: plan.organizationId,
    id,
    name: params.name,
    email: params.email,
    phone: params.phone,
    is_root: plan.isRoot ? 1 : 0,
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }
}
