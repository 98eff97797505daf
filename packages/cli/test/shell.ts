// Commands run in this process, in a home folder of their own: quick, where a start shows nothing.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { vi } from 'vitest'
import { parseFailure, parseSuccess, wordsOf } from '../../../tests/support/words.ts'
import { commands, nameIn } from '../src/commands.ts'

export class Shell {
  readonly home = mkdtempSync(join(tmpdir(), 'ks-shell-'))

  constructor() {
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

  path(name: string): string {
    return join(this.home, name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** @returns its path */
  write(name: string, content: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  files(name: string): string[] {
    return readdirSync(this.path(name)).toSorted()
  }

  dispose(): void {
    vi.unstubAllEnvs()
    rmSync(this.home, { recursive: true })
  }
}
