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
      describeMessage: expect.any(Function) as unknown,
    })
  })

  test('describes its message as it is given', () => {
    const verdict = hashTypedData(JSON.stringify(mail))
    expect(verdict.ok && verdict.describeMessage()).toEqual(mail.message)
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

describe('a message is described in one spelling', () => {
  const types = {
    Order: [
      { name: 'amounts', type: 'uint256[]' },
      { name: 'delta', type: 'int8' },
      { name: 'token', type: 'address' },
      { name: 'salt', type: 'bytes32' },
      { name: 'data', type: 'bytes' },
      { name: 'legs', type: 'Leg[][1]' },
      { name: 'open', type: 'bool' },
    ],
    Leg: [{ name: 'note', type: 'string' }],
  }
  const describeOf = (message: object) => {
    const data = { types, primaryType: 'Order', domain: {}, message }
    const verdict = hashTypedData(JSON.stringify(data))
    return verdict.ok ? verdict.describeMessage() : verdict.reason
  }
  const spelled = {
    amounts: ['0x0a', 10, '10'],
    delta: '-1',
    token: `0x${'AB'.repeat(20)}`,
    salt: `0x${'CD'.repeat(32)}`,
    data: '0xEF',
    legs: [[{ note: 'a' }]],
    open: true,
  }

  test('whatever the client chose', () => {
    expect(describeOf(spelled)).toEqual({
      amounts: [10n, 10n, 10n],
      delta: -1n,
      token: '0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB',
      salt: `0x${'cd'.repeat(32)}`,
      data: '0xef',
      legs: [[{ note: 'a' }]],
      open: true,
    })
  })

  test('a domain alone has no message', () => {
    const data = { types: {}, primaryType: 'EIP712Domain', domain: { name: 'a' } }
    const verdict = hashTypedData(JSON.stringify(data))
    expect(verdict.ok && verdict.describeMessage()).toEqual({})
  })
})
