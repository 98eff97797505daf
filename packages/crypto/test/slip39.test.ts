// SLIP-0039: the vectors of its authors, round trips, and everything that must be refused.
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { combineMnemonics, parseShare, splitToMnemonics } from '../src/node/index.ts'
import { encodeShare } from '../src/node/slip39/share.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Vector = { name: string; mnemonics: string[]; secret: string | null }
const vectors = loadVectors<Vector[]>('slip39.json')
const valid = vectors.filter(({ secret }) => secret !== null)

describe('the vectors of SLIP-0039', () => {
  test('are all here', () => {
    expect([vectors.length, valid.length]).toEqual([45, 15])
  })

  test.each(vectors)('$name', ({ mnemonics, secret }) => {
    const expected = secret === null ? undefined : hex(secret)
    expect(combineMnemonics(mnemonics, 'TREZOR')).toEqual(expected)
  })

  test('are written as they were read', () => {
    const mnemonics = valid.flatMap((vector) => vector.mnemonics)
    expect(mnemonics.map((words) => encodeShare(present(parseShare(words))))).toEqual(mnemonics)
    expect(mnemonics).toHaveLength(35)
  })

  test('give another secret under another passphrase', () => {
    const { mnemonics, secret } = present(valid[0])
    const other = combineMnemonics(mnemonics, '')
    expect(other).toHaveLength(hex(secret ?? '').length)
    expect(other).not.toEqual(hex(secret ?? ''))
  })
})

/** Every choice of `count` from `items`. */
function choices<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]]
  return items.flatMap((item, index) =>
    choices(items.slice(index + 1), count - 1).map((rest) => [item, ...rest]),
  )
}

describe('splitToMnemonics', () => {
  test.each([
    [2, 2],
    [2, 3],
    [3, 5],
    [16, 16],
  ])('any %i of %i shares give the secret, in any order', (threshold, count) => {
    const secret = randomBytes(32)
    const shares = splitToMnemonics(secret, { threshold, count })
    expect(new Set(shares).size).toBe(count)
    for (const chosen of choices(shares, threshold)) {
      expect(combineMnemonics(chosen.toReversed(), '')).toEqual(secret)
    }
  })

  test('32 bytes are 33 words, forgiven their case and white space', () => {
    const secret = randomBytes(32)
    const shares = splitToMnemonics(secret, { threshold: 2, count: 2 })
    expect(shares.map((share) => share.split(' ').length)).toEqual([33, 33])
    const typed = shares.map((share) => `  ${share.toUpperCase().replaceAll(' ', '\t\n ')}\r\n`)
    expect(combineMnemonics(typed, '')).toEqual(secret)
  })

  test('fewer, more, repeated and foreign shares give nothing', () => {
    const make = () => splitToMnemonics(randomBytes(32), { threshold: 3, count: 4 })
    const [a = '', b = '', c = '', d = ''] = make()
    const [foreign = ''] = make()
    for (const chosen of [[], [a], [a, b], [a, b, c, d], [a, b, b], [a, b, foreign]]) {
      expect(combineMnemonics(chosen, '')).toBeUndefined()
    }
  })

  test.each([
    { threshold: 1, count: 2 },
    { threshold: 3, count: 2 },
    { threshold: 2, count: 17 },
  ])('refuses $threshold of $count', (sizes) => {
    expect(() => splitToMnemonics(randomBytes(32), sizes)).toThrow(RangeError)
  })

  test.each([0, 14, 17])('refuses a secret of %i bytes', (length) => {
    expect(() => splitToMnemonics(Buffer.alloc(length), { threshold: 2, count: 2 })).toThrow(
      RangeError,
    )
  })
})

describe('parseShare', () => {
  const words = present(present(valid[1]).mnemonics[0])

  test('finds any one wrong word, and any two exchanged', () => {
    const typed = words.split(' ')
    for (const [index, word] of typed.entries()) {
      const wrong = word === 'academic' ? 'acid' : 'academic'
      expect(parseShare(typed.with(index, wrong).join(' '))).toBeUndefined()
      const next = typed[index + 1] ?? word
      if (next === word) continue
      expect(
        parseShare(
          typed
            .with(index, next)
            .with(index + 1, word)
            .join(' '),
        ),
      ).toBeUndefined()
    }
  })

  test.each([
    ['nothing', ''],
    ['a word not in the list', words.replace(/^\w+/, 'abandon')],
    ['a word less', words.split(' ').slice(1).join(' ')],
    ['a million characters', 'academic '.repeat(111_112)],
  ])('refuses %s', (_name, text) => {
    expect(parseShare(text)).toBeUndefined()
  })
})
