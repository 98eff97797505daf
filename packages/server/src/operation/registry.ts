// The registry of one family's operations: found by path or activity type, checked at start.
import type { z } from 'zod'
import { assert } from '../errors.ts'
import type { ActivityOperation, Operation, Version } from './operation.ts'

export interface ActivityVersion {
  operation: ActivityOperation
  version: Version
}

export class Registry {
  readonly operations: readonly Operation[]
  readonly #byPath: ReadonlyMap<string, Operation>
  readonly #byType: ReadonlyMap<string, ActivityVersion>

  /** @throws Error naming the first record that is inconsistent */
  constructor(operations: readonly Operation[]) {
    this.operations = operations
    this.#byPath = indexBy(operations, (operation) => operation.path)
    indexBy(operations, (operation) => operation.name)
    const versions = operations.flatMap((operation) =>
      operation.kind === 'activity'
        ? operation.versions.map((version) => ({ operation, version }))
        : [],
    )
    this.#byType = indexBy(versions, ({ version }) => version.type)
    for (const operation of operations) assertRecord(operation)
  }

  findByPath(path: string): Operation | undefined {
    return this.#byPath.get(path)
  }

  findByName(name: string): Operation | undefined {
    return this.operations.find((operation) => operation.name === name)
  }

  /** The activity and version that `type` names on the wire. */
  findByType(type: string): ActivityVersion | undefined {
    return this.#byType.get(type)
  }
}

function indexBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T> {
  const index = new Map<string, T>()
  for (const item of items) {
    assert(!index.has(key(item)), `\`${key(item)}\` is registered twice`)
    index.set(key(item), item)
  }
  return index
}

function assertRecord(operation: Operation): void {
  const { name, example } = operation
  const params = operation.kind === 'activity' ? operation.versions[0]?.params : operation.params
  assert(params !== undefined, `${name} has no parameters`)
  assertParses(params, example.params, `the example parameters of ${name}`)
  if (operation.kind === 'vote') return
  assertParses(operation.result, example.result, `the example result of ${name}`)
  if (operation.kind === 'query') return
  const writes = operation.changes !== 'nothing'
  assert(
    operation.rootQuorumOnly || 'exempt' in operation.policy || operation.policy.action !== '',
    `${name} has a policy`,
  )
  assert(writes || operation.versions.length > 0, `${name} has a version`)
  // SECURITY: a signature that no quota counts.
  const signing = 'action' in operation.policy && operation.policy.action === 'SIGN'
  assert(signing === (operation.signs !== null), `${name} says how many signatures it makes`)
}

function assertParses(schema: z.ZodType, value: unknown, what: string): void {
  const parsed = schema.safeParse(value)
  assert(parsed.success, `${what} does not fit its schema: ${parsed.error?.message ?? ''}`)
}
