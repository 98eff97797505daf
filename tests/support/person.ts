// A person at the shell: an empty home folder, and what the commands print to them.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Ended, keystead } from './command.ts'
import { parseFailure, parseSuccess, wordsOf } from './words.ts'

export class Person {
  /** The home folder, where the commands run too. */
  readonly home = mkdtempSync(join(tmpdir(), 'ks-person-'))
  readonly env: NodeJS.ProcessEnv
  /** Everything that commands printed so far. */
  printed = ''

  constructor(env: NodeJS.ProcessEnv = process.env) {
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

  path(name: string): string {
    return join(this.home, name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  write(name: string, content: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  files(name: string): string[] {
    return readdirSync(this.path(name)).toSorted()
  }

  dispose(): void {
    rmSync(this.home, { recursive: true })
  }
}
