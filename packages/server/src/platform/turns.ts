// Turns: work on the same name runs one after the other, in the order in which it came.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `work` once everything that came before it under `name` has ended. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const turn = before.then(work, work)
    const ended = turn.catch(() => undefined)
    this.#last.set(name, ended)
    try {
      return await turn
    } finally {
      if (this.#last.get(name) === ended) this.#last.delete(name)
    }
  }
}
