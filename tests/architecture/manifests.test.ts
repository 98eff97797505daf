// Rules about package manifests: exact versions, and a lockfile that names no registry.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const MANIFESTS_MIN = 3
const LOCKED_MIN = 200
/** May only shrink. */
const UNHASHED_MAX = 52

type Manifest = Record<string, unknown>

type Locked = {
  resolved?: string
  integrity?: string
  link?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
}

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

const locked = () => {
  const { packages } = read('package-lock.json') as { packages: Record<string, Locked> }
  const entries = Object.entries(packages).filter(([path]) => path.includes('node_modules/'))
  expect(entries.length).toBeGreaterThan(LOCKED_MIN)
  return entries.filter(([, { link }]) => !link)
}

test('the lockfile names no download address', () => {
  expect(locked().filter(([, { resolved }]) => resolved)).toEqual([])
})

test('every locked package has a hash, but for those of platforms that no one has locked yet', () => {
  const unhashed = locked().filter(([, { integrity }]) => integrity === undefined)
  expect(unhashed.filter(([, { optional, os, cpu }]) => !optional || !os || !cpu)).toEqual([])
  expect(unhashed.length).toBeLessThanOrEqual(UNHASHED_MAX)
})
