// The repository's own files, for the tests that read them as text.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDERS = '{packages,tools,tests,bin,bench}'
const FOREIGN = ['**/node_modules/**', '**/fixtures/**', '**/generated/**', '**/dist/**']

export type Source = { path: string; text: string; lines: number }

const find = (pattern: string) =>
  globSync(pattern, { cwd: ROOT, exclude: FOREIGN }).map((path) => path.replaceAll('\\', '/'))

/** Every source file that people write. */
export function sources(): Source[] {
  return find(`${FOLDERS}/**/*.{ts,tsx,js,mjs,cjs}`).map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    return { path, text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }
  })
}

/** Every folder between the root and a source file. */
export function folders(): string[] {
  const paths = find(`${FOLDERS}/**/*`).map((path) => path.split('/').slice(0, -1))
  return [...new Set(paths.flat())]
}

export const isTest = ({ path }: Source) => /\.test\.tsx?$/.test(path)

/** The lines of `files` that match, as `path:line: text`. */
export function linesMatching(files: Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => ({ line, at: `${path}:${index + 1}: ${line.trim()}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ at }) => at),
  )
}
