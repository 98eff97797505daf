// Limits of policies: how much may be done, by whom or with what, in which time.

/** What is added up: signatures, or the native currency that is moved, in its smallest unit. */
export type LimitMeasure = 'signatures' | 'wei' | 'lamports' | 'sun' | 'satoshis'

/** Whose sums are kept apart. */
export type LimitScope = 'organization' | 'user' | 'wallet' | 'account' | 'destination'

/** Rolling: the last so many seconds. Calendar: from the start of the hour, day, … in UTC. */
export type LimitWindow =
  | { kind: 'rolling'; seconds: number }
  | { kind: 'calendar'; unit: 'hour' | 'day' | 'week' | 'month' }

/** The native currency that a transaction moves. */
export interface Moves {
  measure: Exclude<LimitMeasure, 'signatures'>
  /**
   * To whom: the address as policies name it, empty when nobody knows it; how much, in the smallest
   * unit. Null when the transaction does not say.
   */
  to: readonly { destination: string; amount: bigint }[] | null
}

export interface Limit {
  measure: LimitMeasure
  per: LimitScope
  window: LimitWindow
  /** The greatest sum within the window: decimal digits. */
  max: string
}
