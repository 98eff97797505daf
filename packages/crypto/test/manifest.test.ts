// The vector files are the ones MANIFEST.json names: none missing, added or changed.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../src/node/index.ts'
import { loadVectors, readVectorFile } from './vectors.ts'

type Row = { file: string; source: string; section: string; count: number; sha256: string }
type Counted = unknown[] | { numberOfTests: number; testGroups: { tests: unknown[] }[] }

function countOf(vectors: Counted): number {
  if (Array.isArray(vectors)) return vectors.length
  return vectors.testGroups.reduce((sum, group) => sum + group.tests.length, 0)
}

describe('vector manifest', () => {
  const rows = loadVectors<Row[]>('MANIFEST.json')

  test('lists every file in the folder', () => {
    const names = readdirSync(new URL('../../../fixtures/vectors/', import.meta.url))
    expect(names.filter((name) => name !== 'MANIFEST.json').sort()).toEqual(
      rows.map((row) => row.file),
    )
    expect(rows.length).toBe(34)
  })

  test.each(rows)('$file has its hash and count', (row) => {
    expect(sha256(readVectorFile(row.file)).toString('hex')).toBe(row.sha256)
    expect(countOf(loadVectors<Counted>(row.file))).toBe(row.count)
  })
})
