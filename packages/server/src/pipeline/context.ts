// The context in which operations run.
import type { Actor } from '../domain/activity/activity.ts'
import { AppError } from '../errors.ts'
import type { Context } from '../operation/context.ts'
import type { Call, Caller } from '../operation/family.ts'
import { newUuid } from '../platform/ids.ts'
import type { Reader } from '../store/engine.ts'
import type { Dependencies } from './dependencies.ts'

interface Run {
  call: Call
  caller: Caller
  /** On whose behalf it runs. */
  actor: Actor
  reader: Reader
}

/** What an operation may see and use, for one run of it. */
export function contextOf(deps: Dependencies, { call, caller, actor, reader }: Run): Context {
  return {
    keyvault: deps.keyvault,
    oidc: deps.oidc,
    publicUrl: deps.publicUrl(),
    pendingMs: deps.window.pendingMs,
    reader,
    organization: caller.organization,
    parent: caller.parent,
    actor,
    nowMs: call.nowMs,
    newId: () => newUuid(deps.clock.now()),
    fail: (code, details) => {
      throw new AppError(code, details)
    },
  }
}
