// Addresses of random keys, against the library that each chain publishes.
import { describe, expect, test } from 'vitest'
import { rounds } from '../../../tests/support/rounds.ts'
import {
  addressFormats,
  encodeAddress,
  generatePrivateKey,
  publicKeyOf,
} from '../src/node/index.ts'
import { libraryAddresses } from '../../../tests/support/addressLibraries.ts'

const ELSEWHERE = /^(?:bitcoin|doge)_/
const count = rounds('random addresses')

describe('addresses as the chains write them', () => {
  test('every format with every curve that it takes has a library', () => {
    const pairs = Object.entries(addressFormats)
      .filter(([format]) => !ELSEWHERE.test(format))
      .flatMap(([format, { curves }]) => curves.map((curve) => `${format} ${curve}`))
    expect(libraryAddresses.map(({ format, curve }) => `${format} ${curve}`)).toEqual(pairs)
    expect(pairs.length).toBe(18)
  })

  test.each(libraryAddresses)('$format of $curve keys', ({ format, curve, address }) => {
    for (let run = 0; run < count; run += 1) {
      const publicKey = publicKeyOf(curve, generatePrivateKey(curve))
      expect(
        encodeAddress(format, curve, publicKey),
        `public key ${publicKey.toString('hex')}`,
      ).toBe(address(publicKey))
    }
  })
})
