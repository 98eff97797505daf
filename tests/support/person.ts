// A person at the shell: an empty home folder, and what the commands print to them.
import { type Ended, keystead } from './command.ts'
import { HomeFolder } from './homeFolder.ts'
import { parseFailure, parseSuccess, wordsOf } from './words.ts'

/** The commands run in the home folder. */
export class Person extends HomeFolder {
  readonly env: NodeJS.ProcessEnv
  /** Everything that commands printed so far. */
  printed = ''

  constructor(env: NodeJS.ProcessEnv = process.env) {
    super()
    const { XDG_CONFIG_HOME: _, ...others } = env
    this.env = { ...others, HOME: this.home }
  }

  /** @param line its words, or the line as it is typed after `keystead` */
  async run(line: string | readonly string[], input = ''): Promise<Ended> {
    const ended = await keystead(wordsOf(line), { env: this.env, cwd: this.home, input })
    this.printed += ended.stdout + ended.stderr
    return ended
  }

  /** Runs what must succeed. @returns what it printed, parsed; null when nothing */
  async does(line: string | readonly string[], input = ''): Promise<unknown> {
    return parseSuccess(line, await this.run(line, input))
  }

  /** Runs what must fail as these commands do: one line of JSON, and 1. @returns the error */
  async fails(line: string | readonly string[], input = ''): Promise<string> {
    return parseFailure(line, await this.run(line, input))
  }
}
