// Unsealing a running server: ceremonies of several people, and what strangers cannot do to them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { splitToMnemonics } from '@keystead/crypto/node'
import type { RootKeys } from '../../src/domain/keyvault/rootKeys.ts'
import { addPassphraseSeal, addRecoverySeal, addShamirSeal } from '../../src/host/sealCommands.ts'
import { Unsealer } from '../../src/host/unsealer.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { byFile, open, PASSPHRASE, placeOf } from '../support/seals.ts'

const OPERATOR = '198.51.100.1'
const STRANGER = '203.0.113.1'
const SEALED = { sealed: true }

let instance: Instance
let foreign: Instance
let words: string
let shares: string[]
let foreignShares: string[]
let unsealer: Unsealer
let opened: RootKeys[]

beforeAll(async () => {
  instance = await openInstance('sqlite')
  foreign = await openInstance('sqlite')
  words = (await addRecoverySeal(instance.config)).words
  shares = (await addShamirSeal(instance.config, { threshold: 3, count: 5 })).shares
  foreignShares = (await addShamirSeal(foreign.config, { threshold: 3, count: 5 })).shares
  await addPassphraseSeal(instance.config, PASSPHRASE)
})
afterAll(async () => {
  await instance.dispose()
  await foreign.dispose()
})
beforeEach(() => {
  opened = []
  unsealer = new Unsealer(placeOf(instance), (rootKeys) => {
    opened.push(rootKeys)
    return Promise.resolve()
  })
})

const share = (index: number) => shares[index] ?? ''
const progress = (given: number) => ({ ...SEALED, shares: { given, needed: 3 } })
const give = (index: number) => unsealer.attempt({ share: share(index) })

async function expectUnsealed(): Promise<void> {
  const expected = (await open(instance, byFile(instance))).rootKeys.toText()
  expect(new Set(opened.map((rootKeys) => rootKeys.toText()))).toEqual(new Set([expected]))
}

describe('shares', () => {
  test('given one by one unseal when there are enough, in any order', async () => {
    expect(await give(4)).toEqual(progress(1))
    expect(await give(0)).toEqual(progress(2))
    expect(opened).toEqual([])
    expect(await give(2)).toEqual({ sealed: false })
    await expectUnsealed()
  })

  test('given twice count once', async () => {
    expect(await give(1)).toEqual(progress(1))
    expect(await unsealer.attempt({ share: share(1).toUpperCase() })).toEqual(progress(1))
    expect(await give(3)).toEqual(progress(2))
    expect(await give(3)).toEqual(progress(2))
    expect(opened).toEqual([])
  })

  test.each([
    ['mistyped', () => share(2).replace(/^\w+/, 'academic'), 'this is not a share'],
    ['nothing', () => '', 'this is not a share'],
    ['the recovery words', () => words, 'this is not a share'],
    ['of another instance', () => foreignShares[0] ?? '', 'belongs to another instance'],
    [
      'of nobody',
      () => splitToMnemonics(Buffer.alloc(32), { threshold: 3, count: 5 })[1] ?? '',
      'belongs to another instance',
    ],
  ])('that are %s are refused at once and spoil nothing', async (_name, wrong, message) => {
    await give(0)
    await give(1)
    await expect(unsealer.attempt({ share: wrong() })).rejects.toThrow(message)
    expect(await give(1)).toEqual(progress(2))
    expect(await give(2)).toEqual({ sealed: false })
    await expectUnsealed()
  })

  test('of two people at the same moment are both taken', async () => {
    const both = await Promise.all([give(0), give(1)])
    expect(both).toEqual(expect.arrayContaining([progress(1), progress(2)]))
    const last = await Promise.all([give(2), give(3)])
    expect(last).toContainEqual({ sealed: false })
    await expectUnsealed()
  })

  test('and recovery words of two people at the same moment unseal', async () => {
    await give(0)
    await give(1)
    const both = await Promise.all([give(2), unsealer.attempt({ words })])
    expect(both).toEqual([{ sealed: false }, { sealed: false }])
    await expectUnsealed()
  })

  test('are of no use once the server is unsealed', async () => {
    await unsealer.attempt({ words })
    expect(await give(0)).toEqual({ sealed: false })
    expect(await unsealer.attempt({ share: 'nonsense' })).toEqual({ sealed: false })
    expect(opened).toHaveLength(1)
  })
})

describe('over the network', () => {
  const remotely = (attempt: Parameters<Unsealer['attemptRemotely']>[0], address = OPERATOR) =>
    unsealer.attemptRemotely(attempt, address)
  const wrongWords = { words: `${'abandon '.repeat(23)}art` }

  test('shares, words and a passphrase unseal', async () => {
    for (const index of [0, 1]) {
      expect(await remotely({ share: share(index) })).toEqual({
        kind: 'accepted',
        unsealing: progress(index + 1),
      })
    }
    const done = { kind: 'accepted', unsealing: { sealed: false } }
    expect(await remotely({ passphrase: PASSPHRASE })).toEqual(done)
    expect(await remotely(wrongWords)).toEqual(done)
    await expectUnsealed()
  })

  test('a stranger who tries often is stopped, and nobody else is', async () => {
    const kinds: string[] = []
    for (let n = 0; n < 15; n += 1) kinds.push((await remotely(wrongWords, STRANGER)).kind)
    expect(kinds).toEqual(Array.from({ length: 15 }, (_, n) => (n < 10 ? 'refused' : 'tooMany')))
    expect(await remotely({ words }, STRANGER)).toEqual({ kind: 'tooMany' })
    expect(await remotely({ share: share(0) })).toMatchObject({ kind: 'accepted' })
    expect(await remotely({ words })).toMatchObject({ kind: 'accepted' })
    await expectUnsealed()
  })

  test('many attempts at once are no more than one after the other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => remotely(wrongWords, STRANGER)),
    )
    expect(answers.filter(({ kind }) => kind === 'refused')).toHaveLength(10)
  })

  test('addresses of one IPv6 network are one stranger', async () => {
    const addresses = ['2001:db8::1', '2001:db8::2:3', '2001:db8:0:0:ffff::1', '2001:0db8::4']
    const kinds = []
    for (let n = 0; n < 12; n += 1) {
      kinds.push((await remotely(wrongWords, addresses[n % addresses.length])).kind)
    }
    expect(kinds.slice(-2)).toEqual(['tooMany', 'tooMany'])
    expect(await remotely(wrongWords, '2001:db8:0:1::1')).toMatchObject({ kind: 'refused' })
  })

  test('right shares are never too many', async () => {
    for (let n = 0; n < 25; n += 1) {
      expect(await remotely({ share: share(n % 2) })).toMatchObject({ kind: 'accepted' })
    }
  })

  test('wrong passphrases of many addresses wait in a short line, and shares do not', async () => {
    const guesses = Array.from({ length: 20 }, (_, n) =>
      remotely({ passphrase: 'not the passphrase' }, `203.0.113.${n}`),
    )
    expect(await remotely({ share: share(0) })).toMatchObject({ kind: 'accepted' })
    const kinds = (await Promise.all(guesses)).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(8)
    expect(kinds.filter((kind) => kind === 'tooMany')).toHaveLength(12)
    expect(await remotely({ passphrase: PASSPHRASE })).toMatchObject({ kind: 'accepted' })
  })
})
