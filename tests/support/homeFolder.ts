// An empty home folder for one test, and what is in it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export class HomeFolder {
  readonly home = mkdtempSync(join(tmpdir(), 'ks-home-'))

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
    rmSync(this.home, { recursive: true })
  }
}
