// The policies and users of a snapshot as the policy language takes them, made once for each.
import { type Policy as CompiledPolicy, preparePolicy, type User } from '@keystead/policy'
import type { Limit } from './limit.ts'
import type { Policy, Snapshot, User as OrganizationUser } from '../organization/model.ts'

interface Compiled {
  /** Those without limits. */
  policies: readonly CompiledPolicy[]
  limited: LimitPolicies
  users: ReadonlyMap<string, User>
}

/** Policies that deny only what goes beyond their limits. */
export interface LimitPolicies {
  policies: readonly CompiledPolicy[]
  /** By the id of the policy. */
  limits: ReadonlyMap<string, readonly Limit[]>
}

const made = new WeakMap<Snapshot, Compiled>()

/** The policies of an organization, ready to be decided with, and its users as approvers. */
export function compiled(organization: Snapshot): Compiled {
  const known = made.get(organization)
  if (known !== undefined) return known
  const { users } = organization
  const policies = [...organization.policies.values()]
  const limiting = policies.filter(({ limits }) => limits.length > 0)
  const fresh = {
    policies: policies.filter(({ limits }) => limits.length === 0).map(compilePolicy),
    limited: {
      policies: limiting.map(compilePolicy),
      limits: new Map(limiting.map(({ id, limits }) => [id, limits])),
    },
    users: new Map([...users.values()].map((user) => [user.id, asApprover(user)])),
  }
  made.set(organization, fresh)
  return fresh
}

/** @throws Error when a stored policy has no type any more: nothing may be decided without it */
function compilePolicy({ id, effect, condition, consensus }: Policy): CompiledPolicy {
  const prepared = preparePolicy({ id, effect, condition, consensus })
  if (prepared.ok) return prepared.policy
  throw new Error(`policy ${id} does not compile: ${prepared.part}: ${prepared.error.message}`)
}

function asApprover({ id, tagIds, email, name }: OrganizationUser): User {
  return { id, tags: tagIds, email: email ?? '', alias: name }
}
