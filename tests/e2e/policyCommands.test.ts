// `keystead policy check` and `keystead policy explain`: what they print, and how they end.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, keystead } from '../support/command.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ks-policy-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const policy = (...words: string[]) => keystead(['policy', ...words])
const printed = (ended: Ended) => JSON.parse(ended.stdout) as Record<string, unknown>

describe('check', () => {
  test('prints the expression in its plain form', async () => {
    const ended = await policy('check', '--expression', " (eth.tx.to=='0xab')&&eth.tx.value<=1 ")
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(printed(ended)).toEqual({
      ok: true,
      value: "eth.tx.to == '0xab' && eth.tx.value <= 1",
    })
  })

  test.each([
    {
      words: ['--expression', 'eth.tx.valu > 1'],
      code: 'UNKNOWN_FIELD',
      message: 'EthereumTransaction has no field `valu`; did you mean `value`?',
      position: { start: 7, end: 11 },
    },
    {
      words: ['--expression', 'eth.tx.value >'],
      code: 'UNEXPECTED_TOKEN',
      message: 'expected a value, found the end',
      position: { start: 14, end: 14 },
    },
    {
      words: ['--expression', 'activity.count() > 1', '--consensus'],
      code: 'WRONG_KEYWORD',
      message: '`activity` is a keyword of a condition, this is a consensus',
      position: { start: 0, end: 8 },
    },
  ])('$words is refused with code, message and position', async ({ words, ...error }) => {
    const ended = await policy('check', ...words)
    expect(ended).toMatchObject({ code: 1, stderr: '' })
    expect(printed(ended)).toEqual({ ok: false, error })
  })

  test('a consensus has approvers', async () => {
    const words = ['--consensus', '--expression', '-']
    const ended = await keystead(['policy', 'check', ...words], { input: 'approvers.count >= 2' })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(printed(ended)).toEqual({ ok: true, value: 'approvers.count >= 2' })
  })
})

describe('explain', () => {
  test('prints the value, the values of the parts, and what would change it', async () => {
    const context = file('value.json', '{"eth":{"tx":{"value":9007199254740993,"gas":"1"}}}')
    const text = 'eth.tx.value <= 9007199254740992 && eth.tx.gas == 1'
    const ended = await policy('explain', '--expression', text, '--context', context)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(printed(ended)).toMatchObject({
      ok: true,
      value: false,
      isComplete: true,
      steps: [
        { text, values: [{ items: [], value: false }] },
        { text: 'eth.tx.value <= 9007199254740992', position: { start: 0, end: 32 } },
        { text: 'eth.tx.value', type: 'int', values: [{ value: '9007199254740993' }] },
        { text: 'eth.tx.gas == 1', values: [] },
        { text: 'eth.tx.gas', values: [] },
      ],
      changes: [
        {
          subject: 'eth.tx.value',
          relation: '<=',
          bound: '9007199254740992',
          text: 'eth.tx.value is 9007199254740993 and would have to be <= 9007199254740992',
        },
      ],
    })
  })

  test('an expression that cannot be evaluated ends with 1, and says where', async () => {
    const none = await policy('explain', '--expression', 'true && eth.tx.value > 1')
    expect(none.code).toBe(1)
    expect(printed(none)).toMatchObject({
      ok: false,
      error: {
        code: 'NOT_APPLICABLE',
        message: 'not applicable: the context has no `eth.tx`',
        position: { start: 8, end: 14 },
      },
    })
    const huge = `{"eth":{"tx":{"value":${2n ** 127n}}}}`
    const words = ['explain', '--expression', 'eth.tx.value > 1', '--context', '-']
    const beyond = await keystead(['policy', ...words], { input: huge })
    expect(beyond.code).toBe(1)
    expect(printed(beyond)).toMatchObject({ ok: false, error: { code: 'INTEGER_OUT_OF_RANGE' } })
    const untyped = await policy('explain', '--expression', '1')
    expect(untyped.code).toBe(1)
    expect(printed(untyped)).toMatchObject({ ok: false, error: { code: 'NOT_BOOL' } })
  })

  test('who has approved is a part of the context', async () => {
    const context = file('approvers.json', '{"approvers":[{"id":"u-1","tags":["ops"]}]}')
    const text = "approvers.filter(user, user.tags.contains('ops')).count() >= 2"
    const ended = await policy('explain', '--consensus', '--expression', text, '--context', context)
    expect(ended.code).toBe(0)
    expect(printed(ended)).toMatchObject({ ok: true, value: false })
  })
})

test.each([
  [['check'], 2, '--expression is missing'],
  [['explain', '--expression', 'true', '--context', 'no-such-file'], 1, 'no-such-file'],
  [['check', '--expression', '@no-such-file'], 1, 'no-such-file'],
  [['check', '--expression', 'true', '--context', 'x'], 2, '--context'],
] as const)('%j end with one clear line', async (words, code, text) => {
  const ended = await policy(...words)
  expect(ended).toMatchObject({ code, stdout: '' })
  expect(ended.stderr.split('\n')[0]).toMatch(/^keystead: /)
  expect(ended.stderr.split('\n')[0]).toContain(text)
})

test.each([
  ['{', '--context is not JSON'],
  ['[]', '--context: expected an object'],
  ['{"eth":{"tx":{"valu":1}}}', 'eth.tx.valu: EthereumTransaction has no such field; did you mean'],
  ['{"wallet":{"imported":1}}', 'wallet.imported: expected a bool'],
])('the context %s is refused by name', async (input, text) => {
  const words = ['explain', '--expression', 'true', '--context', '-']
  const ended = await keystead(['policy', ...words], { input })
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr).toContain(text)
})
