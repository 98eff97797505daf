// The stage before the decision: what stops a submission or a vote, whoever sends it.
import { allowancesOf } from '../domain/organization/limits.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { secondsToMonthEnd } from '../domain/usage/month.ts'
import type { Unit } from '../commit/unit.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../operation/family.ts'
import type { Dependencies } from './dependencies.ts'

type Target = Pick<Caller, 'organization' | 'parent'>

/** Whose allowances, quota and usage the requests of an organization count for. */
export function rootOf({ organization, parent }: Target): Snapshot {
  return parent ?? organization
}

/** @throws AppError `OPERATIONS_DISABLED` while the host has frozen the organization or its parent */
export function refuseFrozen({ organization, parent }: Target): void {
  if (organization.frozen || parent?.frozen === true) throw new AppError('OPERATIONS_DISABLED')
}

/** Of one request, however often it is decided: it counts once, on the first limit that it meets. */
export class Admission {
  #counted = false
  #ended = false
  #refusal: AppError | undefined

  /**
   * Call it for requests that were authenticated only: nobody else can use up somebody's limit.
   * @throws AppError `OPERATIONS_DISABLED`, `RATE_LIMITED`, `PARENT_RATE_LIMITED`
   */
  async admit(deps: Dependencies, target: Target): Promise<void> {
    refuseFrozen(target)
    const root = rootOf(target)
    const { requestsPerMinute } = allowancesOf(root.setLimits, deps.allowances)
    if (requestsPerMinute === null || this.#counted) return
    if (this.#ended) {
      if (this.#refusal === undefined) return
      throw this.#refusal
    }
    const { organizationId } = root
    const wait = await deps.rateLimiter.take(organizationId, requestsPerMinute, deps.clock.now())
    if (wait !== null) {
      const code = target.parent === null ? 'RATE_LIMITED' : 'PARENT_RATE_LIMITED'
      this.#refusal = new AppError(code, { retryAfterSeconds: wait })
      throw this.#refusal
    }
    this.#counted = true
  }

  /** Nothing is counted any more: under an organization's lock the counter cannot be written. */
  end(): void {
    this.#ended = true
  }
}

/** What a unit with so many signatures takes from the monthly quota; null without a quota. */
export function chargeFor(deps: Dependencies, target: Target, signatures: number): Unit['charge'] {
  const root = rootOf(target)
  const { signaturesPerMonth } = allowancesOf(root.setLimits, deps.allowances)
  if (signatures === 0 || signaturesPerMonth === null) return null
  return { organizationId: root.organizationId, signatures, max: signaturesPerMonth }
}

/** The answer to a unit that would have gone beyond the quota. */
export function overQuota({ parent }: Target, atMs: number): AppError {
  const code = parent === null ? 'SIGNING_QUOTA_EXCEEDED' : 'PARENT_SIGNING_QUOTA_EXCEEDED'
  return new AppError(code, { retryAfterSeconds: secondsToMonthEnd(atMs) })
}
