// Addresses of Bitcoin and Dogecoin against the BIPs, @scure/btc-signer and bitcoinjs-lib.
import * as scure from '@scure/btc-signer'
import { payments } from 'bitcoinjs-lib'
import { describe, expect, test } from 'vitest'
import { bitcoinFormats, bitcoinFormatOf } from '../src/node/bitcoin/address.ts'
import {
  type AddressFormat,
  bitcoinAddressOf,
  type BitcoinNetwork,
  derivePrivateKey,
  encodeAddress,
  generatePrivateKey,
  mnemonicToSeed,
  outputScripts,
  parsePath,
  publicKeyOf,
  taprootOutputKey,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'
import '../../../tests/support/bitcoin.ts'

type AccountRow = Readonly<{
  bip: number
  network: BitcoinNetwork
  form: keyof typeof outputScripts
  mnemonic: string
  path: string
  publicKey?: string
  internalKey?: string
  outputKey?: string
  scriptPubKey?: string
  address: string
}>

const accounts = loadVectors<AccountRow[]>('bitcoin-accounts.json')
const segwit =
  loadVectors<{ bip: number; address: string; scriptPubKey: string }[]>('bip173-350.json')

test('the vectors are all here', () => {
  expect(accounts.map(({ bip }) => bip)).toEqual([49, 84, 84, 84, 86, 86, 86])
  expect(segwit.map(({ bip }) => bip)).toEqual(
    Array.from({ length: 11 }, (_, at) => (at < 3 ? 173 : 350)),
  )
})

test.each(accounts)('BIP-$bip $path', (row) => {
  const { bip: _, mnemonic, path, form, network, address, ...steps } = row
  const seed = mnemonicToSeed(mnemonic, '')
  const privateKey = derivePrivateKey('secp256k1', seed, present(parsePath(path)))
  const publicKey = publicKeyOf('secp256k1', privateKey)
  // Each BIP publishes other steps on the way to the address.
  expect({
    publicKey: publicKey.toString('hex'),
    internalKey: publicKey.subarray(1).toString('hex'),
    outputKey: taprootOutputKey(publicKey).toString('hex'),
    scriptPubKey: outputScripts[form](publicKey).toString('hex'),
  }).toMatchObject(steps)
  expect(encodeAddress(`bitcoin_${network}_${form}`, 'secp256k1', publicKey)).toBe(address)
})

test.each(segwit)('BIP-$bip $address', ({ address, scriptPubKey }) => {
  const lower = address.toLowerCase()
  const network = lower.startsWith('tb') ? 'testnet' : 'mainnet'
  expect(bitcoinAddressOf(network, hex(scriptPubKey))).toBe(lower)
})

test.each([
  ['a program of version 0 that is neither 20 nor 32 bytes', `0010${'11'.repeat(16)}`],
  ['a program of 1 byte', '510111'],
  ['a program of 41 bytes', `5129${'11'.repeat(41)}`],
  ['a program that is cut off', `5120${'11'.repeat(31)}`],
  ['a program and one byte', `0014${'11'.repeat(21)}`],
  ['data', '6a0411111111'],
  ['a bare key', `21${'02'.repeat(33)}ac`],
  ['a version that is no number', `4f20${'11'.repeat(32)}`],
  ['nothing', ''],
])('%s has no address', (_what, script) => {
  expect(bitcoinAddressOf('mainnet', hex(script))).toBeUndefined()
})

const btc = { ...scure.NETWORK, bech32: 'bc' }
const test3 = scure.TEST_NETWORK
const doge = { bech32: 'none', pubKeyHash: 0x1e, scriptHash: 0x16, wif: 0x9e }
const bip32 = { public: 0, private: 0 }

/** By the first part of a format's name, what the libraries call that network. */
const networks: Readonly<Record<string, typeof btc>> = {
  bitcoin_mainnet: btc,
  bitcoin_testnet: test3,
  bitcoin_signet: test3,
  bitcoin_regtest: { ...test3, bech32: 'bcrt' },
  doge_mainnet: doge,
  doge_testnet: { ...doge, pubKeyHash: 0x71 },
}

/** The address that each library makes of a key. */
function theirs(format: string, pubkey: Buffer): (string | undefined)[] {
  const [chain, name, form = 'p2pkh'] = format.split('_')
  const network = present(networks[`${chain}_${name}`])
  const theirNetwork = { ...network, bip32, messagePrefix: '' }
  const both = { network: theirNetwork }
  switch (form) {
    case 'p2pkh':
      return [scure.p2pkh(pubkey, network).address, payments.p2pkh({ pubkey, ...both }).address]
    case 'p2sh':
      return [
        scure.p2sh(scure.p2wpkh(pubkey, network), network).address,
        payments.p2sh({ redeem: payments.p2wpkh({ pubkey, ...both }), ...both }).address,
      ]
    case 'p2wpkh':
      return [scure.p2wpkh(pubkey, network).address, payments.p2wpkh({ pubkey, ...both }).address]
    case 'p2wsh':
      return [
        scure.p2wsh(scure.p2pk(pubkey), network).address,
        payments.p2wsh({ redeem: payments.p2pk({ pubkey, ...both }), ...both }).address,
      ]
    default:
      return [
        scure.p2tr(pubkey.subarray(1), undefined, network).address,
        payments.p2tr({ internalPubkey: pubkey.subarray(1), ...both }).address,
      ]
  }
}

describe('random keys have the addresses of @scure/btc-signer and bitcoinjs-lib', () => {
  const formats = Object.keys(bitcoinFormats) as AddressFormat[]

  test('in 22 formats', () => {
    expect(formats.length).toBe(22)
    expect(formats.filter((format) => bitcoinFormatOf(format) === undefined)).toEqual([
      'doge_mainnet',
      'doge_testnet',
    ])
  })

  test.each(formats)('%s', (format) => {
    for (let round = 0; round < 8; round++) {
      const publicKey = publicKeyOf('secp256k1', generatePrivateKey('secp256k1'))
      const ours = encodeAddress(format, 'secp256k1', publicKey)
      expect(theirs(format, publicKey)).toEqual([ours, ours])
    }
  })
})
