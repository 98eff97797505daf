// Rules about every file and folder: size, first comment, names.
import { expect, test } from 'vitest'
import { folders, linesMatching, sources } from '../support/sources.ts'

const SOURCES_MIN = 15
const FOLDERS_MIN = 8

const files = sources()

test('the rules see the files', () => {
  expect(files.length).toBeGreaterThan(SOURCES_MIN)
  expect(folders().length).toBeGreaterThan(FOLDERS_MIN)
})

test('no file exceeds 400 lines', () => {
  expect(files.filter(({ lines }) => lines > 400).map(({ path }) => path)).toEqual([])
})

test('no operation file exceeds 150 lines', () => {
  const operation = /\/family\/[^/]+\/(activity|query|op)\/[^/]+(?<!\.test)\.ts$/
  const tooLong = files.filter(({ path, lines }) => operation.test(path) && lines > 150)
  expect(tooLong.map(({ path }) => path)).toEqual([])
})

test('no tool exceeds 200 lines', () => {
  const tooLong = files.filter(({ path, lines }) => path.startsWith('tools/') && lines > 200)
  expect(tooLong.map(({ path }) => path)).toEqual([])
})

test('every source file begins with a comment that says what it is for', () => {
  const begins = /^(#!.*\n)?(\/\/|\/\*\*?)\s*\S+/
  expect(files.filter(({ text }) => !begins.test(text)).map(({ path }) => path)).toEqual([])
})

test('no folder is called core, common, shared, lib, utils or helpers', () => {
  const dumpingGrounds = ['core', 'common', 'shared', 'lib', 'utils', 'helpers']
  expect(folders().filter((name) => dumpingGrounds.includes(name))).toEqual([])
})

test('a note of something to do names its issue', () => {
  expect(linesMatching(files, /\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b(?!\(#\d+\))/)).toEqual([])
})
