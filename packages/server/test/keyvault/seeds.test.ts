// Wallet secrets of both versions open to the same keys.
import { expect, test } from 'vitest'
import { DataKey } from '../../src/domain/keyvault/dataKeys.ts'
import { secretPlace } from '../../src/domain/keyvault/sealedColumns.ts'
import { createSeed, openSeed } from '../../src/domain/keyvault/seeds.ts'

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
