// What policies see of a request.
import { lazy } from '@keystead/policy'
import type { PolicySubject } from '../domain/policy/subject.ts'
import type { Context } from './context.ts'
import type { Submission } from './family.ts'
import { asPublished } from './published.ts'

/**
 * The contexts in which policies are evaluated: each must be allowed. `activity.params` are the
 * parameters of the version that `activity.type` names, as the protocol names them, in snake case
 * (`user_ids` for `userIds`).
 */
export async function policyContexts(
  ctx: Context,
  submission: Pick<Submission, 'operation' | 'version' | 'params' | 'submitted'>,
): Promise<PolicySubject[]> {
  const { operation, version, params, submitted } = submission
  const { policy } = operation
  const { resource, action } = 'resource' in policy ? policy : { resource: '', action: '' }
  const published = lazy(() => inSnakeCase(asPublished(version.params, submitted)))
  const activity = {
    type: version.type,
    resource,
    action,
    get params() {
      return published()
    },
  }
  const subjects = [await operation.concerns(ctx, params)].flat()
  return subjects.map((subject) => ({ ...subject, activity }))
}

function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  return Object.fromEntries(members.map(([name, member]) => [snakeCase(name), inSnakeCase(member)]))
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
