// Mnemonics in every language, imported by the official client: the published seeds and addresses.
import { HDNodeWallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadVectors, present } from '../../../packages/crypto/test/vectors.ts'
import { engines } from '../../support/server.ts'
import { importMnemonic } from './transfers.ts'
import { errorOf, PATHS, startWorld, type World } from './world.ts'

type Bip39 = { language?: string; mnemonic: string; passphrase?: string; seed: string }
type Sep5 = { test: number; mnemonic: string; passphrase: string; path: string; address: string }

const english = loadVectors<Bip39[]>('bip39.json')
const japanese = loadVectors<Bip39[]>('bip39-japanese.json')
const others = loadVectors<Bip39[]>('bip39-languages.json')
const sep5 = Map.groupBy(loadVectors<Sep5[]>('stellar-sep5.json'), ({ test: number }) => number)

/** One of each language, English in each length: their files begin with 12 and end with 24 words. */
const PHRASES = [
  ...english.slice(0, 1),
  ...english.slice(-1),
  ...japanese.slice(0, 1).map((row) => ({ ...row, language: 'japanese' })),
  ...japanese.slice(-1).map((row) => ({ ...row, language: 'japanese' })),
  ...others,
].map(({ language = 'english', passphrase = 'TREZOR', ...row }) => ({
  ...row,
  language,
  passphrase,
  words: row.mnemonic.split(/\s/).length,
}))

/** What a library that is given the seed, and no words, derives from it. */
const ethereumAddress = (seed: string) =>
  HDNodeWallet.fromSeed(`0x${seed}`).derivePath(PATHS.ethereum).address

const account = { pathFormat: 'PATH_FORMAT_BIP32' } as const
const ethereum = {
  ...account,
  curve: 'CURVE_SECP256K1',
  path: PATHS.ethereum,
  addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
}

describe.each(engines)('imported mnemonics on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  const importWallet = (walletName: string, mnemonic: string, accounts: object[]) =>
    importMnemonic(world, { walletName, mnemonic, accounts })

  test('there is one of every language, and of several lengths', () => {
    expect(new Set(PHRASES.map(({ language }) => language)).size).toBe(10)
    expect(new Set(PHRASES.map(({ words }) => words))).toEqual(new Set([12, 24]))
  })

  test.each(PHRASES)('$words words in $language', async (row) => {
    const { language, words, mnemonic, passphrase, seed } = row
    const made = await importWallet(
      `${language} ${words}`,
      `${mnemonic}\n--PASS--\n${passphrase}`,
      [ethereum],
    )
    expect(made.at('activity.result.importWalletResult.addresses')).toEqual([ethereumAddress(seed)])
  })

  test.each([...sep5])('the accounts of test %i of SEP-0005', async (number, rows) => {
    const { mnemonic, passphrase } = present(rows[0])
    const phrase = passphrase === '' ? mnemonic : `${mnemonic}\n--PASS--\n${passphrase}`
    const made = await importWallet(
      `stellar ${number}`,
      phrase,
      rows.map(({ path }) => ({
        ...account,
        curve: 'CURVE_ED25519',
        path,
        addressFormat: 'ADDRESS_FORMAT_XLM',
      })),
    )
    expect(made.at('activity.result.importWalletResult.addresses')).toEqual(
      rows.map(({ address }) => address),
    )
  })

  test('words of two languages are refused', async () => {
    const [first, second] = [present(others[0]), present(others[2])].map(({ mnemonic }) =>
      mnemonic.split(' ').slice(0, 6),
    )
    const phrase = [...present(first), ...present(second)].join(' ')
    const answer = await importWallet('mixed', phrase, [])
    expect(errorOf(answer)).toMatchObject({ code: 3, message: 'invalid mnemonic' })
  })
})
