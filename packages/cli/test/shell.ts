// Commands run in this process, in a home folder of their own: quick, where a start shows nothing.
import { vi } from 'vitest'
import { HomeFolder } from '../../../tests/support/homeFolder.ts'
import { parseFailure, parseSuccess, wordsOf } from '../../../tests/support/words.ts'
import { commands, nameIn } from '../src/commands.ts'

export class Shell extends HomeFolder {
  constructor() {
    super()
    vi.stubEnv('HOME', this.home)
    vi.stubEnv('XDG_CONFIG_HOME', '')
    vi.stubEnv('KEYSTEAD_DATA', this.path('data'))
  }

  /** @returns the exit code and what was printed */
  async run(line: string | readonly string[]): Promise<{ code: number; stdout: string }> {
    const words = wordsOf(line)
    const name = nameIn(words)
    const command = commands[name.join(' ')]
    if (command === undefined) throw new Error(`no command ${words.join(' ')}`)
    let stdout = ''
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += String(text)
      return true
    })
    try {
      return { code: await command.run(words.slice(name.length)), stdout }
    } finally {
      write.mockRestore()
    }
  }

  /** Runs what must succeed. @returns what it printed, parsed */
  async does<T = Record<string, string>>(line: string | readonly string[]): Promise<T> {
    return parseSuccess(line, await this.run(line)) as T
  }

  /** Runs what must fail: one line of JSON, and 1. @returns the error */
  async fails(line: string | readonly string[]): Promise<string> {
    return parseFailure(line, await this.run(line))
  }

  override dispose(): void {
    vi.unstubAllEnvs()
    super.dispose()
  }
}
