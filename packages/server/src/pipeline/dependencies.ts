// What the stages of the pipeline work with.
import type { CommitQueue } from '../commit/queue.ts'
import type { Refusals } from '../domain/audit/refusals.ts'
import type { OidcVerifier } from '../domain/credential/oidcIdentity.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import type { Directory } from '../domain/organization/directory.ts'
import type { Allowances } from '../domain/organization/limits.ts'
import type { UsageMeter } from '../domain/usage/meter.ts'
import type { RateLimiter } from '../domain/usage/rateLimiter.ts'
import type { PrivateHosts } from '../domain/webhook/endpoint.ts'
import type { AppError } from '../errors.ts'
import type { Caller, Inbound } from '../operation/family.ts'
import type { Operation } from '../operation/operation.ts'
import type { Clock } from '../platform/clock.ts'
import type { Turns } from '../platform/turns.ts'
import type { Stopwatch } from '../platform/stopwatch.ts'
import type { Store } from '../store/engine.ts'

export interface Dependencies {
  store: Pick<Store, 'engine' | 'reader' | 'read'>
  keyvault: Keyvault
  oidc: OidcVerifier
  directory: Directory
  queue: Pick<CommitQueue, 'submit'>
  underLock: CommitQueue['underLock']
  refusals: Refusals
  /** Where people reach this server; asked late, since a free port is known late. */
  publicUrl(): string
  /** Hosts to which webhooks may go though they are private. */
  webhookHosts: PrivateHosts
  rateLimiter: RateLimiter
  usage: UsageMeter
  /** The rate limit and the monthly quota of root organizations that have none of their own. */
  allowances: Allowances
  /** Requests that change what an organization's decisions read go one by one. */
  turns: Turns
  clock: Clock
  /**
   * The accepted `timestampMs` of a new body, relative to now; what it must be later than since the
   * last restore; how long what is held waits.
   */
  window: { aheadMs: number; behindMs: number; pendingMs: number; acceptedFromMs: number }
  /** Told about every answer, for metrics and the log. */
  observe(event: Observed): void
}

/** How one request went. */
export interface Observed {
  operation: Operation
  request: Inbound
  caller: Caller | null
  status: number
  error: AppError | null
  watch: Stopwatch
}

/** How often a request is decided anew before the organization is locked for it. */
export const FREE_ROUNDS = 4

/** How often a request is decided in all before it is told to come back later. */
export const ROUNDS_MAX = 16

/** Whether everything that `caller` was authenticated on is still the newest. */
export async function isCurrent(deps: Dependencies, caller: Caller): Promise<boolean> {
  for (const snapshot of [caller.organization, caller.parent]) {
    if (snapshot === null) continue
    if (!(await deps.directory.isCurrent(deps.store.reader, snapshot))) return false
  }
  return true
}
