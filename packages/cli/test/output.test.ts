// What commands print with `-o yaml` is what they print as JSON.
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { formatError, formatValue } from '../src/output.ts'

const values: [string, unknown][] = [
  ['text', 'carpet gap minor'],
  ['text that YAML takes for something else', ['true', 'No', 'null', '~', '', '1', '1e3', '0x1f']],
  [
    'text with marks of YAML',
    ['a: b', '- a', '# a', 'a #b', '{', '[a]', '*a', '&a', '!a', '|', '%'],
  ],
  ['text with white space', [' a', 'a ', 'a\nb', '\t', '\u2028', '"', "'", '\\']],
  ['names of fields', { 'a b': 1, true: 2, '': 3, 'm/44': 4, é: 5 }],
  ['other scalars', [null, true, false, 0, -1.5, 1e21]],
  ['nothing', { a: [], b: {}, c: [[]], d: [{}] }],
  ['nesting', { a: [{ b: [1, [2, { c: 3 }]], d: 'x' }, [4]], e: { f: { g: 'y' } } }],
  ['absent fields', { a: undefined, b: 1 }],
]

describe.each(values)('%s', (_name, value) => {
  const expected: unknown = JSON.parse(JSON.stringify(value))

  test('is read back from JSON and from YAML 1.1 and 1.2', () => {
    expect(JSON.parse(formatValue(value, 'json'))).toEqual(expected)
    for (const version of ['1.1', '1.2'] as const) {
      expect(parse(formatValue(value, 'yaml'), { version })).toEqual(expected)
    }
  })
})

test('YAML is in blocks, a line for each item', () => {
  const account = { path: "m/44'", curves: ['CURVE_P256'], votes: [] }
  expect(formatValue({ accounts: [account] }, 'yaml')).toBe(
    `accounts:\n  - path: "m/44'"\n    curves:\n      - CURVE_P256\n    votes: []\n`,
  )
})

test('an error is one line in either', () => {
  expect(formatError('400: {"a":\n1}', 'json')).toBe('{"error":"400: {\\"a\\":\\n1}"}\n')
  expect(formatError('400: {"a":\n1}', 'yaml')).toBe('error: "400: {\\"a\\":\\n1}"\n')
})
