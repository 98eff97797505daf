// Why a registration is refused: words for the log and the tests, never for the client.

/** What was sent is not what the specification asks for; `message` says where. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** @throws Refusal unless `condition` holds */
export function ensure(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Refusal(reason)
}
