// The clock as an interface, so that tests and the emulator can set it.

/** Milliseconds since the epoch. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
