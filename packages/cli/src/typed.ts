// What a person types on the standard input: never arguments, which other users of the machine see.
import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { UsageError } from './command.ts'

/** Swallows the echo of what is typed. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })

/** Lines of the standard input, each after its prompt on the error stream. */
export class TypedLines {
  readonly #interface: Interface
  readonly #lines: AsyncIterator<string>
  readonly #hidden: boolean

  /** @param options.hidden whether what is typed at a terminal is not shown */
  constructor({ hidden }: { hidden: boolean }) {
    const terminal = hidden && process.stdin.isTTY
    this.#hidden = terminal
    const output = terminal ? nowhere() : process.stderr
    this.#interface = createInterface({ input: process.stdin, output, terminal })
    this.#lines = this.#interface[Symbol.asyncIterator]()
  }

  /** @throws UsageError when there is no more */
  async ask(prompt: string): Promise<string> {
    process.stderr.write(prompt)
    const line = await this.#lines.next()
    if (this.#hidden) process.stderr.write('\n')
    if (line.done === true) throw new UsageError('nothing was typed')
    return line.value
  }

  close(): void {
    this.#interface.close()
  }
}

/** Asks for one line. @throws UsageError */
export async function askOnce(prompt: string, options: { hidden: boolean }): Promise<string> {
  const lines = new TypedLines(options)
  try {
    return await lines.ask(prompt)
  } finally {
    lines.close()
  }
}
