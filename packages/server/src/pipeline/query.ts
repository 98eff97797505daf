// The query stage: reads on one snapshot of the database that the decision is still true on.
import type { Call, Caller, Family } from '../operation/family.ts'
import { AppError, assert } from '../errors.ts'
import { newUuid } from '../platform/ids.ts'
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
  const params = family.parseQuery(call.json, operation)
  return deps.store.read(async (reader) => {
    for (const snapshot of [caller.organization, caller.parent]) {
      if (snapshot !== null && !(await deps.directory.isCurrent(reader, snapshot))) return 'again'
    }
    return operation.run(
      {
        keyvault: deps.keyvault,
        oidc: deps.oidc,
        publicUrl: deps.publicUrl(),
        reader,
        organization: caller.organization,
        parent: caller.parent,
        actor: caller.actor,
        nowMs: call.nowMs,
        newId: () => newUuid(call.nowMs),
        fail: (code, details) => {
          throw new AppError(code, details)
        },
      },
      params,
    )
  })
}
