// The bytes under every hash and MAC: changing one of them would void what is stored.
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { encodeFields } from '../../src/platform/encoding.ts'
import { isUuid, newUuid, uuidFromBytes, uuidToBytes } from '../../src/platform/ids.ts'
import { fewRandomBytes } from '../../src/platform/random.ts'

test('fields carry their length; absent and empty differ', () => {
  const encoded = encodeFields(['aé', '', null, 258, -1, Buffer.from([7])])
  expect(encoded.toString('hex')).toBe(
    [
      '00000003',
      '61c3a9',
      '00000000',
      'ffffffff',
      '00000008',
      '0000000000000102',
      '00000008',
      'ffffffffffffffff',
      '00000001',
      '07',
    ].join(''),
  )
})

test('a uuid of either case becomes its bytes, and they its lowercase text', () => {
  for (let n = 0; n < 100; n++) {
    const uuid = randomUUID()
    expect(uuidToBytes(uuid).toString('hex')).toBe(uuid.replaceAll('-', ''))
    expect(uuidFromBytes(uuidToBytes(uuid.toUpperCase()))).toBe(uuid)
  }
})

test('ids are of version 7, carry their time, and do not repeat', () => {
  const ids = Array.from({ length: 5000 }, () => newUuid(1_793_000_000_000))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => isUuid(id) && id[14] === '7' && id.startsWith('01a1'))).toBe(true)
})

test('random bytes do not repeat across refills of their pool', () => {
  const salts = Array.from({ length: 2000 }, () => fewRandomBytes(32).toString('hex'))
  expect(new Set(salts).size).toBe(salts.length)
})
