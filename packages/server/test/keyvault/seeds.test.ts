// Wallet secrets of every version open to the same keys, and the words that were put in.
import { expect, test } from 'vitest'
import {
  entropyToMnemonic,
  mnemonicLanguages,
  mnemonicToSeed,
  parseMnemonic,
} from '@keystead/crypto/node'
import { DataKey } from '../../src/domain/keyvault/dataKeys.ts'
import { ImportedSecret } from '../../src/domain/keyvault/importKeys.ts'
import { secretPlace } from '../../src/domain/keyvault/sealedColumns.ts'
import { createSeed, openPhrase, openSeed } from '../../src/domain/keyvault/seeds.ts'

const mnemonic = 'test test test test test test test test test test test junk'
const path = "m/44'/60'/0'/0/0"
const wallet = {
  organizationId: '019a0000-0000-7000-8000-000000000000',
  walletId: '019a0000-0000-7000-8000-000000000001',
}

test('a secret that holds the words alone opens to the keys of one that holds the seed too', () => {
  const dataKey = DataKey.generate()
  const { row, seed } = createSeed(dataKey, { ...wallet, mnemonic })
  const place = secretPlace('wallet_secret', wallet.walletId)
  const words = { version: 1, sealed: dataKey.seal(place, Buffer.from(mnemonic)) }
  const keys = [row, words].map((secret) =>
    openSeed(dataKey, wallet.walletId, secret).publicKey('secp256k1', path).toString('hex'),
  )
  const expected = seed.publicKey('secp256k1', path).toString('hex')
  expect(keys).toEqual([expected, expected])
})

test('a secret does not open as one of the other version', () => {
  const dataKey = DataKey.generate()
  const { row } = createSeed(dataKey, { ...wallet, mnemonic })
  expect(() => openSeed(dataKey, wallet.walletId, { ...row, version: 1 })).toThrow(
    'authentication failed',
  )
})

const imported = (text: string) => new ImportedSecret(Buffer.from(text))

test.each([1, 2])('a secret of version %i gives its words', (version) => {
  const dataKey = DataKey.generate()
  const place = secretPlace('wallet_secret', wallet.walletId, version)
  const seed = version === 1 ? Buffer.of() : mnemonicToSeed(mnemonic, '')
  const sealed = dataKey.seal(place, Buffer.concat([seed, Buffer.from(mnemonic)]))
  const row = { wallet_id: wallet.walletId, version, sealed }
  expect(openPhrase(dataKey, row, null).toString()).toBe(mnemonic)
})

test.each(['', 'TREZOR', 'two\nlines\n', '\n', 'パスワード', ' spaces '])(
  'a passphrase stays as it is: %j',
  (passphrase) => {
    const dataKey = DataKey.generate()
    const text = imported(`${mnemonic}\n--PASS--\n${passphrase}`)
    const { row, seed } = createSeed(dataKey, { ...wallet, mnemonic: text })
    const expected = passphrase === '' ? mnemonic : `${mnemonic}\n${passphrase}`
    expect(openPhrase(dataKey, row, null).toString()).toBe(expected)
    const known = openSeed(dataKey, wallet.walletId, row).publicKey('secp256k1', path)
    expect(known).toEqual(seed.publicKey('secp256k1', path))
  },
)

test('typed words are tidied: case, spaces, line ends', () => {
  const dataKey = DataKey.generate()
  const typed = imported(`  ${mnemonic.toUpperCase().replaceAll(' ', ' \t ')}\r\n`)
  const { row } = createSeed(dataKey, { ...wallet, mnemonic: typed })
  expect(openPhrase(dataKey, row, null).toString()).toBe(mnemonic)
})

test.each(mnemonicLanguages)('words in %s come in, and go out in any language', (language) => {
  const dataKey = DataKey.generate()
  const entropy = Buffer.alloc(16, 0x5a)
  const words = entropyToMnemonic(entropy, language)
  const { row, seed } = createSeed(dataKey, { ...wallet, mnemonic: imported(words) })
  expect(openPhrase(dataKey, row, null).toString()).toBe(words)
  expect(openPhrase(dataKey, row, language).toString()).toBe(words)
  for (const other of mnemonicLanguages) {
    const said = openPhrase(dataKey, row, other).toString()
    expect(parseMnemonic(said, [other])?.entropy).toEqual(entropy)
  }
  const expected = createSeed(DataKey.generate(), { ...wallet, mnemonic: words }).seed
  expect(seed.publicKey('secp256k1', path)).toEqual(expected.publicKey('secp256k1', path))
})
