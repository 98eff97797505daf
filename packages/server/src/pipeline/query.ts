// The query stage: reads on one snapshot of the database that the decision is still true on.
import type { Call, Caller, Family } from '../operation/family.ts'
import { assert } from '../errors.ts'
import { contextOf } from './context.ts'
import { dryRun } from './dryRun.ts'
import type { Dependencies } from './dependencies.ts'

/** Runs a query; `again` when an organization changed since the caller was authenticated. */
export async function runQuery(
  deps: Dependencies,
  family: Family,
  turn: { call: Call; caller: Caller },
): Promise<unknown> {
  const { call, caller } = turn
  const { operation } = call
  assert(operation.kind === 'query', 'the operation is a query')
  const params = await operation.resolve(deps, family.parseQuery(call.json, operation))
  return deps.store.read(async (reader) => {
    for (const snapshot of [caller.organization, caller.parent]) {
      if (snapshot !== null && !(await deps.directory.isCurrent(reader, snapshot))) return 'again'
    }
    const ctx = contextOf(deps, { ...turn, actor: caller.actor, reader })
    return operation.run(
      { ...ctx, dryRun: (body) => dryRun(family, { caller, ctx }, body) },
      params,
    )
  })
}
