// Limits of policies on the wire: a part of policies that only this server has.
import { z } from 'zod'
import type { Limit, LimitMeasure, LimitScope, LimitWindow } from '../../domain/policy/limit.ts'
import { wireName } from './parameters.ts'

const LIMITS_MAX = 10
const SECONDS_MIN = 60
const SECONDS_MAX = 366 * 24 * 60 * 60
const AMOUNT_MAX = 2n ** 127n - 1n

const MEASURE = {
  LIMIT_MEASURE_SIGNATURES: 'signatures',
  LIMIT_MEASURE_WEI: 'wei',
  LIMIT_MEASURE_LAMPORTS: 'lamports',
  LIMIT_MEASURE_SUN: 'sun',
  LIMIT_MEASURE_SATOSHIS: 'satoshis',
} as const satisfies Record<string, LimitMeasure>

const SCOPE = {
  LIMIT_PER_ORGANIZATION: 'organization',
  LIMIT_PER_USER: 'user',
  LIMIT_PER_WALLET: 'wallet',
  LIMIT_PER_ACCOUNT: 'account',
  LIMIT_PER_DESTINATION: 'destination',
} as const satisfies Record<string, LimitScope>

const CALENDAR = {
  LIMIT_CALENDAR_HOUR: 'hour',
  LIMIT_CALENDAR_DAY: 'day',
  LIMIT_CALENDAR_WEEK: 'week',
  LIMIT_CALENDAR_MONTH: 'month',
} as const satisfies Record<string, Extract<LimitWindow, { kind: 'calendar' }>['unit']>

const named = <K extends string>(names: Record<K, string>) =>
  z.enum(Object.keys(names) as [K, ...K[]])

const max = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/, 'must be a decimal integer in a string')
  .refine((digits) => !/^[0-9]{1,39}$/.test(digits) || BigInt(digits) <= AMOUNT_MAX, {
    error: 'must be at most 2^127 - 1',
  })
  .describe('The greatest sum within the window, in the smallest unit.')

const rollingSeconds = z
  .string()
  .regex(/^[1-9][0-9]{0,8}$/, 'must be a decimal integer in a string')
  .refine((digits) => Number(digits) >= SECONDS_MIN && Number(digits) <= SECONDS_MAX, {
    error: `must be from ${SECONDS_MIN} to ${SECONDS_MAX}`,
  })

const window = z
  .strictObject({
    rollingSeconds: rollingSeconds.optional().describe('The last so many seconds.'),
    calendar: named(CALENDAR).optional().describe('Since its start in UTC; weeks from Monday.'),
  })
  .refine(({ rollingSeconds: rolling, calendar }) => (rolling === undefined) !== !calendar, {
    error: 'must have either rollingSeconds or calendar',
  })

export const limit = z.strictObject({
  measure: named(MEASURE).describe('What is added up.'),
  per: named(SCOPE).describe('Whose sums are kept apart.'),
  window,
  max,
})

type WireLimit = z.output<typeof limit>

/** `limits` of a policy: how much it lets pass before it denies. */
export const limits = z
  .array(limit)
  .max(LIMITS_MAX)
  .optional()
  .describe('Of a policy that denies: it denies only what would go beyond one of these.')

export function toLimits(wire: readonly WireLimit[]): Limit[] {
  return wire.map(({ measure, per, window: { rollingSeconds: seconds, calendar }, max: most }) => ({
    measure: MEASURE[measure],
    per: SCOPE[per],
    window:
      calendar === undefined
        ? { kind: 'rolling', seconds: Number(seconds) }
        : { kind: 'calendar', unit: CALENDAR[calendar] },
    max: most,
  }))
}

/** `limits`, where there are some. */
export function wireLimits(stored: readonly Limit[]): { limits?: WireLimit[] } {
  return stored.length === 0 ? {} : { limits: stored.map(wireLimit) }
}

export function wireLimit({ measure, per, window: stored, max: most }: Limit): WireLimit {
  return {
    measure: wireName(MEASURE, measure),
    per: wireName(SCOPE, per),
    window:
      stored.kind === 'rolling'
        ? { rollingSeconds: String(stored.seconds) }
        : { calendar: wireName(CALENDAR, stored.unit) },
    max: most,
  }
}
