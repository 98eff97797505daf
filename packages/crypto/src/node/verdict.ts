// The verdict of a strict parser: a value, or the reason why there is none.

/** What a parser of untrusted input gives. `reason` is lowercase, one line, input in backticks. */
export type Verdict<T extends object> =
  | (Readonly<{ ok: true }> & Readonly<T>)
  | Readonly<{ ok: false; reason: string }>

class Refusal extends Error {}

/** Ends the parse around it: {@link verdictOf} gives the reason to the caller. */
export function refuse(reason: string): never {
  throw new Refusal(reason)
}

/** Runs `parse`; what it refuses becomes the verdict, any other error is a bug and goes on. */
export function verdictOf<T extends object>(parse: () => T): Verdict<T> {
  try {
    return { ok: true, ...parse() }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message }
    throw error
  }
}
