// Rules about package manifests: exact versions, and a lockfile that names no registry.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const MANIFESTS_MIN = 3
const LOCKED_MIN = 200

type Manifest = Record<string, unknown>

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest

test('every dependency has an exact version', () => {
  const paths = ['package.json', ...globSync('packages/*/package.json', { cwd: ROOT })]
  expect(paths.length).toBeGreaterThan(MANIFESTS_MIN)
  const exact = /^(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?$/
  const loose = paths.flatMap((path) => {
    const manifest = read(path)
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies']
    return kinds
      .flatMap((kind) => Object.entries((manifest[kind] ?? {}) as Record<string, string>))
      .filter(([, version]) => !exact.test(version))
      .map(([name, version]) => `${path}: ${name} ${version}`)
  })
  expect(loose).toEqual([])
})

test('the lockfile names no download address', () => {
  const { packages } = read('package-lock.json') as {
    packages: Record<string, { resolved?: string; link?: boolean }>
  }
  const locked = Object.entries(packages)
  expect(locked.length).toBeGreaterThan(LOCKED_MIN)
  expect(locked.filter(([, { resolved, link }]) => resolved && !link)).toEqual([])
})
