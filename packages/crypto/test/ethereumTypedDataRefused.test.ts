// Typed data that implementations would hash differently or not at all is refused, with a reason.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashTypedData } from '../src/node/index.ts'

function digestOf(text: string): string {
  const verdict = hashTypedData(text)
  return verdict.ok ? verdict.digest.toString('hex') : verdict.reason
}

const one = (type: string, value: string, more = '') =>
  `{"types":{"T":[{"name":"a","type":"${type}"}]},"primaryType":"T","domain":{},"message":{"a":${value}${more}}}`

describe('values out of the type are refused', () => {
  test.each([
    ['uint8', '256'],
    ['uint8', '-1'],
    ['uint8', '"0x100"'],
    ['int8', '128'],
    ['int8', '-129'],
    ['uint256', `"${2n ** 256n}"`],
    ['int256', `"${2n ** 255n}"`],
    ['uint256', '"01"'],
    ['uint256', '"+1"'],
    ['uint256', '" 1"'],
    ['uint256', '"1.0"'],
    ['uint256', '"0x"'],
    ['uint256', '"-0x1"'],
    ['uint256', '"-0"'],
    ['uint256', '""'],
    ['uint256', 'true'],
    ['uint256', 'null'],
    ['uint256', '[1]'],
    ['bool', '1'],
    ['bool', '"true"'],
    ['string', '1'],
    ['bytes', '"0x1"'],
    ['bytes', '"00"'],
    ['bytes', '"0xgg"'],
    ['bytes', '[1]'],
    ['bytes4', '"0x112233"'],
    ['bytes4', '"0x1122334455"'],
    ['address', `"0x${'11'.repeat(19)}"`],
    ['address', `"0x${'11'.repeat(21)}"`],
    ['address', '"0xcD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"'],
    ['address', '"name.eth"'],
  ])('%s %s', (type, value) => {
    expect(digestOf(one(type, value))).toBe(`\`T.a\` is not of type ${type}`)
  })

  test.each([
    ['uint8[2]', '[1]', '`T.a` does not have 2 items'],
    ['uint8[2]', '[1,2,3]', '`T.a` does not have 2 items'],
    ['uint8[]', '1', '`T.a` is not an array'],
    ['uint8[]', '{"0":1}', '`T.a` is not an array'],
    ['uint8[]', '[1,"x"]', '`T.a` is not of type uint8'],
    ['T[]', '[null]', '`T` is not an object'],
    ['uint8', '1,"b":2', '`T` has a member that is not part of it'],
    ['uint8', '1,"a":1', 'the json has a member twice'],
    ['uint64', '9007199254740992', 'the json has a number that is not a safe integer'],
    ['uint64', '9007199254740990.6', 'the json has a number that is not a safe integer'],
    ['uint64', '1.0', 'the json has a number that is not a safe integer'],
    ['uint64', '1e3', 'the json has a number that is not a safe integer'],
    ['uint64', '01', 'the json has a number that is not a safe integer'],
    ['string', '"\\ud800"', 'the json has text that is not unicode'],
    ['string', '"\\x"', 'the json is malformed'],
    ['string', '"a\nb"', 'the json is malformed'],
  ])('%s %s', (type, value, reason) => {
    expect(digestOf(one(type, value))).toBe(reason)
  })
})

describe('types that do not exist are refused', () => {
  test.each([
    'uint',
    'int',
    'uint7',
    'uint264',
    'uint08',
    'bytes0',
    'bytes33',
    'byte',
    'function',
    'Other',
    'address payable',
    'fixed128x18',
    'constructor',
    '__proto__',
    'uint8 ',
  ])('%s', (type) => {
    expect(digestOf(one(type, '1'))).toBe('`T.a` has an unknown type')
  })

  test.each([
    '',
    '[]',
    'uint8[',
    'uint8]',
    'uint8[0]',
    'uint8[01]',
    'uint8[-1]',
    'uint8[]x',
    'uint8[][',
    `${'x'.repeat(129)}`,
  ])('`%s`', (type) => {
    expect(digestOf(one(type, '1'))).toBe('a field type is malformed')
  })

  const field = '{"name":"a","type":"bool"}'
  const data = (types: string, rest = '"primaryType":"T","domain":{},"message":{"a":true}') =>
    `{"types":${types},${rest}}`
  test.each([
    [data('[]'), '`types` is not an object'],
    [data('{"T":{}}'), 'type `T` is not an array'],
    [data('{"T":["a"]}'), 'a field is not an object'],
    [data('{"T":[{"name":"a"}]}'), 'a field type is malformed'],
    [data('{"T":[{"type":"bool"}]}'), 'a field name is not allowed'],
    [data('{"T":[{"name":"a b","type":"bool"}]}'), 'a field name is not allowed'],
    [
      data('{"T":[{"name":"a","type":"bool","c":1}]}'),
      'a field has a member that is not part of it',
    ],
    [data(`{"T":[${field},${field}]}`), 'type `T` has a field twice'],
    [data(`{"T":[${field}],"T":[]}`), 'the json has a member twice'],
    [data(`{"uint8":[${field}],"T":[]}`), 'a type name is not allowed'],
    [data(`{"bytes33":[${field}],"T":[]}`), 'a type name is not allowed'],
    [data(`{"T(bool a)":[${field}]}`), 'a type name is not allowed'],
    [data(`{"":[${field}]}`), 'a type name is not allowed'],
    [data(`{"X":[${field}]}`), 'the primary type is unknown'],
    [
      data(`{"T":[${field}]}`, '"primaryType":1,"domain":{},"message":{}'),
      '`primaryType` is not text',
    ],
    [data(`{"T":[${field}]}`, '"primaryType":"T","domain":{}'), '`T` is not an object'],
    [
      data(`{"T":[${field}]}`, '"primaryType":"T","domain":null,"message":{}'),
      '`domain` is not an object',
    ],
    [
      data(`{"T":[${field}]}`, '"primaryType":"T","domain":{"other":1},"message":{}'),
      '`EIP712Domain` has a member that is not part of it',
    ],
    [
      data(`{"T":[${field}]}`, '"primaryType":"T","domain":{"chainId":null},"message":{}'),
      '`EIP712Domain.chainId` is not of type uint256',
    ],
    [
      data(`{"T":[],"EIP712Domain":[{"name":"chainId","type":"uint8"}]}`),
      '`EIP712Domain` has an unknown field',
    ],
    [
      data(`{"T":[],"EIP712Domain":[{"name":"other","type":"bool"}]}`),
      '`EIP712Domain` has an unknown field',
    ],
    [
      data(`{"T":[],"EIP712Domain":[{"name":"name","type":"string"}]}`),
      '`EIP712Domain.name` is missing',
    ],
    [
      data(`{"T":[${field}]}`, '"primaryType":"T","domain":{},"message":{"a":true},"x":1'),
      'typed data has a member that is not part of it',
    ],
  ])('%s', (text, reason) => {
    expect(digestOf(text)).toBe(reason)
  })
})

describe('limits', () => {
  test('length, values, types and fields', () => {
    expect(digestOf(' '.repeat(524_289))).toBe('the json is over 512 KiB')
    expect(digestOf(one('uint8[]', `[${'0,'.repeat(50_000)}0]`))).toBe(
      'the json has too many values',
    )
    const types = (length: number) =>
      JSON.stringify({
        types: Object.fromEntries(Array.from({ length }, (_, i) => [`T${i}`, []])),
        primaryType: 'T0',
        domain: {},
        message: {},
      })
    expect(hashTypedData(types(100)).ok).toBe(true)
    expect(digestOf(types(101))).toBe('there are too many types')
    const fields = Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}`, type: 'bool' }))
    const wide = { types: { T: fields }, primaryType: 'T', domain: {}, message: {} }
    expect(digestOf(JSON.stringify(wide))).toBe('there are too many types')
  })

  test('the largest types take little time', () => {
    const names = Array.from({ length: 99 }, (_, i) => `T${i}`.padEnd(120, 'x'))
    const fields = (at: number) =>
      Array.from({ length: 10 }, (_, i) => ({
        name: `f${i}`.padEnd(120, 'x'),
        type: `${names[(at + i) % 99]}[]`,
      }))
    const types = Object.fromEntries(names.map((name, at) => [name, fields(at)]))
    const empty = Object.fromEntries(fields(0).map((field) => [field.name, []]))
    const message = Object.fromEntries(fields(0).map((field) => [field.name, [empty]]))
    const text = JSON.stringify({ types, primaryType: names[0], domain: {}, message })
    const start = performance.now()
    expect(hashTypedData(text).ok).toBe(true)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

test('random and damaged text never throws', () => {
  const text = one('uint8[2][]', '[[1,2]]').replace('{}', '{"chainId":1,"name":"a"}')
  const damaged = fc
    .tuple(fc.nat({ max: text.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
    .map(([at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), damaged), (input) => {
      expect(digestOf(input)).toMatch(/^[a-zA-Z0-9_$:.` ,]+$/)
    }),
    { numRuns: 2000 },
  )
})
