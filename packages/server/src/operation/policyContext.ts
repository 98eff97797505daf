// What policies see of a request.
import type { PolicySubject } from '../domain/policy/subject.ts'
import type { Context } from './context.ts'
import type { Submission } from './family.ts'

/**
 * The contexts in which policies are evaluated: each must be allowed. `activity.params` are the
 * newest version's parameters, named as in the published protocol (`user_ids` for `userIds`).
 */
export async function policyContexts(
  ctx: Context,
  { operation, version, params }: Pick<Submission, 'operation' | 'version' | 'params'>,
): Promise<PolicySubject[]> {
  const { policy } = operation
  const { resource, action } = 'resource' in policy ? policy : { resource: '', action: '' }
  const activity = {
    type: version.type,
    resource,
    action,
    get params() {
      return inSnakeCase(params)
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
