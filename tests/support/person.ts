// A person at the shell: an empty home folder, and what the commands print to them.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { type Ended, keystead } from './command.ts'

export class Person {
  /** The home folder, where the commands run too. */
  readonly home = mkdtempSync(join(tmpdir(), 'ks-person-'))
  readonly env: NodeJS.ProcessEnv

  constructor(env: NodeJS.ProcessEnv = process.env) {
    const { XDG_CONFIG_HOME: _, ...others } = env
    this.env = { ...others, HOME: this.home }
  }

  run(words: readonly string[], input = ''): Promise<Ended> {
    return keystead(words, { env: this.env, cwd: this.home, input })
  }

  /** Runs what must succeed. @returns what it printed, parsed; null when nothing */
  async does<T = Record<string, unknown>>(words: readonly string[], input = ''): Promise<T> {
    const ended = await this.run(words, input)
    expect(ended, words.join(' ')).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(ended.stdout || 'null') as T
  }

  /** Runs what must fail as these commands do: one line of JSON, and 1. @returns the error */
  async fails(words: readonly string[], input = ''): Promise<string> {
    const ended = await this.run(words, input)
    expect(ended, words.join(' ')).toMatchObject({ code: 1, stderr: '' })
    expect(ended.stdout).toMatch(/^\{"error":"[^\n]+"\}\n$/)
    return (JSON.parse(ended.stdout) as { error: string }).error
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
