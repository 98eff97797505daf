// Typed data: the example of EIP-712, random types and values as viem hashes them, client shapes.
import fc, { type GeneratorValue } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashTypedData as viemHash, serializeTypedData } from 'viem'
import { hashTypedData } from '../src/node/index.ts'
import { hex } from './vectors.ts'

const mail = {
  domain: {
    name: 'Ether Mail',
    version: '1',
    chainId: 1,
    verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC',
  },
  primaryType: 'Mail',
  types: {
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
      { name: 'verifyingContract', type: 'address' },
    ],
    Person: [
      { name: 'name', type: 'string' },
      { name: 'wallet', type: 'address' },
    ],
    Mail: [
      { name: 'from', type: 'Person' },
      { name: 'to', type: 'Person' },
      { name: 'contents', type: 'string' },
    ],
  },
  message: {
    from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
    to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
    contents: 'Hello, Bob!',
  },
} as const
const mailDigest = 'be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2'

function digestOf(text: string): string {
  const verdict = hashTypedData(text)
  return verdict.ok ? verdict.digest.toString('hex') : verdict.reason
}

describe('the example of EIP-712', () => {
  test('as published', () => {
    expect(hashTypedData(JSON.stringify(mail))).toEqual({
      ok: true,
      digest: hex(mailDigest),
      primaryType: 'Mail',
      domain: {
        name: 'Ether Mail',
        version: '1',
        chainId: 1n,
        verifyingContract: hex('cc'.repeat(20)),
        salt: null,
      },
    })
  })

  test('as @turnkey/viem sends it (viem serializeTypedData)', () => {
    expect(digestOf(serializeTypedData(mail as never))).toBe(mailDigest)
  })

  test('as @turnkey/ethers sends it (ethers TypedDataEncoder.getPayload)', () => {
    const wallet = (address: string) => address.toLowerCase()
    const payload = {
      types: mail.types,
      domain: {
        ...mail.domain,
        chainId: '0x1',
        verifyingContract: wallet(mail.domain.verifyingContract),
      },
      primaryType: 'Mail',
      message: {
        contents: 'Hello, Bob!',
        from: { name: 'Cow', wallet: wallet(mail.message.from.wallet) },
        to: { name: 'Bob', wallet: wallet(mail.message.to.wallet) },
      },
    }
    expect(digestOf(JSON.stringify(payload))).toBe(mailDigest)
  })

  test('without EIP712Domain in types, which is derived', () => {
    const { EIP712Domain: _, ...types } = mail.types
    expect(digestOf(JSON.stringify({ ...mail, types }))).toBe(mailDigest)
  })
})

// One value, as viem takes it and as JSON may spell it.
type Pair = { viem: unknown; json: unknown }
type Fields = { name: string; type: string }[]
type Random = GeneratorValue

const bytesText = (random: Random, minLength: number, maxLength = minLength) =>
  `0x${Buffer.from(random(fc.uint8Array, { minLength, maxLength })).toString('hex')}`

function integerPair(random: Random, type: string): Pair {
  const bits = BigInt(type.replace(/\D+/, ''))
  const [from, to] = type.startsWith('u')
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
  const value = random(() => fc.bigInt(from, to))
  const spellings: unknown[] = [`${value}`]
  if (Number.isSafeInteger(Number(value))) spellings.push(Number(value))
  if (value >= 0n) spellings.push(`0x${value.toString(16)}`)
  return { viem: value, json: spellings[random(fc.nat, { max: spellings.length - 1 })] }
}

function atomicPair(random: Random, type: string): Pair {
  if (/int/.test(type)) return integerPair(random, type)
  const same = (value: unknown) => ({ viem: value, json: value })
  if (type === 'bool') return same(random(fc.boolean))
  if (type === 'string') return same(random(fc.string, { unit: 'binary', maxLength: 40 }))
  if (type === 'address') return same(bytesText(random, 20))
  if (type === 'bytes') return same(bytesText(random, 0, 70))
  return same(bytesText(random, Number(type.slice('bytes'.length))))
}

function valuePair(random: Random, types: Record<string, Fields>, type: string): Pair {
  const [, element, length] = /^(.*)\[(\d*)\]$/.exec(type) ?? []
  if (element !== undefined) {
    const count = length === '' ? random(fc.nat, { max: 3 }) : Number(length)
    const items = Array.from({ length: count }, () => valuePair(random, types, element))
    return { viem: items.map((item) => item.viem), json: items.map((item) => item.json) }
  }
  const fields = types[type]
  if (fields === undefined) return atomicPair(random, type)
  const entries = fields.map((field) => [field.name, valuePair(random, types, field.type)] as const)
  return {
    viem: Object.fromEntries(entries.map(([name, pair]) => [name, pair.viem])),
    json: Object.fromEntries(entries.toReversed().map(([name, pair]) => [name, pair.json])),
  }
}

function randomTypes(random: Random): Record<string, Fields> {
  const names = ['Root', 'B', 'Zed', 'a_1'].slice(0, random(fc.integer, { min: 1, max: 4 }))
  const atomic = (): string => {
    const size = random(fc.integer, { min: 1, max: 32 })
    const choices = ['bool', 'string', 'address', 'bytes', `bytes${size}`]
    return random(() => fc.constantFrom(...choices, `int${size * 8}`, `uint${size * 8}`))
  }
  const array = () => random(() => fc.constantFrom('', '', '', '[]', '[2]', '[][1]', '[3][]'))
  return Object.fromEntries(
    names.map((name, at) => {
      const later = names.slice(at + 1)
      const base = () =>
        later.length > 0 && random(fc.boolean) ? random(() => fc.constantFrom(...later)) : atomic()
      const length = random(fc.nat, { max: 4 })
      return [name, Array.from({ length }, (_, i) => ({ name: `f${i}`, type: base() + array() }))]
    }),
  )
}

function randomDomain(random: Random): Record<string, unknown> {
  const domain = {
    name: random(fc.string, { maxLength: 10 }),
    version: random(fc.string, { minLength: 1, maxLength: 5 }),
    chainId: random(fc.maxSafeNat),
    verifyingContract: bytesText(random, 20),
    salt: bytesText(random, 32),
  }
  return Object.fromEntries(Object.entries(domain).filter(() => random(fc.boolean)))
}

test('random types and values hash as in viem', () => {
  let count = 0
  fc.assert(
    fc.property(fc.gen(), (random) => {
      const types = randomTypes(random)
      const domain = randomDomain(random)
      const message = valuePair(random, types, 'Root')
      const data = { types, primaryType: 'Root', domain }
      const expected = viemHash({ ...data, message: message.viem as Record<string, unknown> })
      const text = JSON.stringify({ ...data, message: message.json })
      expect(`0x${digestOf(text)}`).toBe(expected)
      const stored = serializeTypedData({
        ...data,
        types: { ...types, EIP712Domain: domainFields(domain) },
        message: message.viem,
      } as never)
      expect(`0x${digestOf(stored)}`).toBe(expected)
      count += 1
    }),
    { numRuns: 400 },
  )
  expect(count).toBe(400)
})

function domainFields(domain: Record<string, unknown>): Fields {
  const types = { name: 'string', version: 'string', chainId: 'uint256' }
  const all = { ...types, verifyingContract: 'address', salt: 'bytes32' }
  return Object.entries(all)
    .filter(([name]) => name in domain)
    .map(([name, type]) => ({ name, type }))
}

describe('recursion', () => {
  const types = { Tree: [{ name: 'leaves', type: 'Tree[]' }] }
  const tree = (depth: number): object => ({ leaves: depth === 0 ? [] : [tree(depth - 1)] })

  test('a recursive type hashes as in viem', () => {
    const data = { types, primaryType: 'Tree', domain: {}, message: tree(3) } as const
    expect(`0x${digestOf(JSON.stringify(data))}`).toBe(viemHash(data as never))
  })

  test('up to a depth', () => {
    const text = (depth: number) =>
      JSON.stringify({ types, primaryType: 'Tree', domain: {}, message: tree(depth) })
    expect(hashTypedData(text(30)).ok).toBe(true)
    expect(digestOf(text(32))).toBe('the json is nested too deeply')
    expect(digestOf('['.repeat(100_000))).toBe('the json is nested too deeply')
  })

  test('a type that holds itself can have no value', () => {
    const loop = { A: [{ name: 'a', type: 'A' }] }
    const data = { types: loop, primaryType: 'A', domain: {}, message: { a: { a: {} } } }
    expect(digestOf(JSON.stringify(data))).toBe('`A.a` is missing')
  })
})

test('the domain alone can be signed', () => {
  const { message: _, ...data } = { ...mail, primaryType: 'EIP712Domain' } as const
  const expected = viemHash(data as never)
  expect(`0x${digestOf(JSON.stringify(data))}`).toBe(expected)
  expect(`0x${digestOf(serializeTypedData(data as never))}`).toBe(expected)
  expect(digestOf(JSON.stringify({ ...data, message: { a: 1 } }))).toContain(
    '`message` has members',
  )
})

test('a primary type with a colon, without structs', () => {
  const fields = [{ name: 'a', type: 'uint64' }]
  const data = {
    types: { 'Some:Send': fields },
    primaryType: 'Some:Send',
    domain: {},
    message: { a: 1 },
  }
  expect(`0x${digestOf(JSON.stringify(data))}`).toBe(viemHash(data as never))
  const types = { 'Some:Send': [{ name: 'a', type: 'B' }], B: fields }
  expect(digestOf(JSON.stringify({ ...data, types }))).toBe('`Some:Send.a` has an unknown type')
})

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
    ...[
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
    ],
    ...['address payable', 'fixed128x18', 'constructor', '__proto__', 'uint8 '],
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
  const text = JSON.stringify(mail)
  const damaged = fc
    .tuple(fc.nat({ max: text.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
    .map(([at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), damaged), (input) => {
      const verdict = hashTypedData(input)
      if (!verdict.ok) expect(verdict.reason).toMatch(/^[a-zA-Z0-9_$:.` ,]+$/)
    }),
    { numRuns: 2000 },
  )
})
