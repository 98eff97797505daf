// Rules about what code says where: SQL, the environment, and tests that always run.
import { describe, expect, test } from 'vitest'
import { isTest, linesMatching, sources } from '../support/sources.ts'

const SOURCES_MIN = 15
const TESTS_MIN = 3

const files = sources()
const tests = files.filter(isTest)
const shipped = files.filter((file) => /^packages\/[^/]+\/src\//.test(file.path) && !isTest(file))

/** The start of a statement right after a quote. */
const SQL =
  /['"`]\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(unique\s+|virtual\s+)?(table|index|trigger|view)\s|pragma\s+\w|begin\b(?!['"`]?\w)|savepoint\s|for update)/i

/** The same when the statement starts on the line after the quote. */
const SQL_LINE = /^\s*(insert into|update \w+ set|delete from|create table|alter table)\s/i

const ENVIRONMENT =
  /\bprocess\s*\.\s*env\b|\bprocess\s*\[\s*['"]env|\benv\b.*from\s+['"]node:process/

const NOT_ALWAYS_RUN =
  /\b(describe|suite|test|it)\b(\.\w+)*\.(skip|only|todo|fails|skipIf|runIf)\b|\bretry\s*:\s*[^0]|\bcontext\.skip\(/

test('the rules see the files', () => {
  expect(files.length).toBeGreaterThan(SOURCES_MIN)
  expect(tests.length).toBeGreaterThan(TESTS_MIN)
})

test('SQL text is only in stores and migrations', () => {
  const mayHave = /\.store\.ts$|^packages\/server\/src\/store\//
  const others = shipped.filter(({ path }) => !mayHave.test(path))
  expect(linesMatching(others, SQL)).toEqual([])
  expect(linesMatching(others, SQL_LINE)).toEqual([])
})

test('only config.ts, and command.ts of the command line, read the environment', () => {
  const others = shipped.filter(({ path }) => !/\/src\/(config|command)\.ts$/.test(path))
  expect(linesMatching(others, ENVIRONMENT)).toEqual([])
})

test('no test is skipped, singled out or repeated until it passes', () => {
  const others = tests.filter(({ path }) => path !== 'tests/architecture/code.test.ts')
  expect(linesMatching(others, NOT_ALWAYS_RUN)).toEqual([])
})

describe('the patterns find what they look for', () => {
  test.each([
    ["db.query('SELECT a FROM b WHERE c')", SQL],
    ['const s = `insert into t values (1)`', SQL],
    ["exec('BEGIN IMMEDIATE')", SQL],
    ['  delete from t where a = 1', SQL_LINE],
    ["process.env['A']", ENVIRONMENT],
    ["import { env } from 'node:process'", ENVIRONMENT],
    ["test.skip('a')", NOT_ALWAYS_RUN],
    ["describe.concurrent.only('a')", NOT_ALWAYS_RUN],
    ["test('a', { retry: 2 }, f)", NOT_ALWAYS_RUN],
  ])('%s', (line, pattern) => expect(line).toMatch(pattern))

  test.each([
    ["fail('select one of the keys')", SQL],
    ["title: 'Update the user'", SQL],
    ["test.each([1])('a', f)", NOT_ALWAYS_RUN],
  ])('and nothing in %s', (line, pattern) => expect(line).not.toMatch(pattern))
})
