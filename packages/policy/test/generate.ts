// Random contexts and random expressions: arbitrary trees, and trees that have a type.
import fc from 'fast-check'
import type { Context, Expression } from '../src/index.ts'
import { integerMax, integerMin } from '../src/limits.ts'
import { keywords } from '../src/typing/schema.ts'
import { boolType, intType, textType, type Type } from '../src/typing/type.ts'

const at = { start: 0, end: 0 }

const word = fc.constantFrom(
  'id',
  'count',
  'value',
  'wallet',
  'eth',
  'tx',
  'x',
  'all',
  'any',
  'tags',
)
const smallInt = fc.bigInt(-3n, 9n)
const anyInt = fc.oneof(
  { weight: 4, arbitrary: smallInt },
  { weight: 1, arbitrary: fc.bigInt(integerMin, integerMax) },
)
const anyText = fc.oneof(
  fc.constantFrom('a', 'b', 'SIGN', "it's", '\\', '', '😀b'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

const operators = ['==', '!=', '<', '>', '<=', '>=', 'in'] as const

/** Any syntax tree that the parser could give, whether it has a type or not. */
export const anyExpression: fc.Arbitrary<Expression> = fc.letrec<{ any: Expression }>((tie) => {
  const part = tie('any')
  const parts = (minLength: number) => fc.array(part, { minLength, maxLength: 3 })
  const leaf: fc.Arbitrary<Expression> = fc.oneof(
    fc.boolean().map((value) => ({ kind: 'bool', value, at }) as const),
    anyInt.map((value) => ({ kind: 'int', value, at }) as const),
    anyText.map((value) => ({ kind: 'string', value, at }) as const),
    word.map((name) => ({ kind: 'name', name, at }) as const),
  )
  const nameAt = at
  const inner: fc.Arbitrary<Expression> = fc.oneof(
    parts(0).map((items) => ({ kind: 'list', items, at }) as const),
    fc
      .array(fc.record({ name: word, nameAt: fc.constant(at), value: part }), {
        minLength: 1,
        maxLength: 2,
      })
      .map((fields) => ({ kind: 'struct', fields, at }) as const),
    fc
      .tuple(part, word)
      .map(([target, name]) => ({ kind: 'field', target, name, nameAt, at }) as const),
    fc
      .tuple(part, word, parts(0))
      .map(
        ([target, name, list]) =>
          ({ kind: 'call', target, name, nameAt, arguments: list, at }) as const,
      ),
    fc.tuple(part, part).map(([target, index]) => ({ kind: 'index', target, index, at }) as const),
    fc
      .tuple(part, part, part)
      .map(([target, from, to]) => ({ kind: 'slice', target, from, to, at }) as const),
    part.map((operand) => ({ kind: 'not', operand, at }) as const),
    fc
      .tuple(fc.constantFrom('and', 'or'), parts(2))
      .map(([kind, operands]) => ({ kind, operands, at }) as const),
    fc
      .tuple(fc.constantFrom(...operators), part, part)
      .map(([operator, left, right]) => ({ kind: 'compare', operator, left, right, at }) as const),
  )
  return { any: fc.oneof({ depthSize: 'small', maxDepth: 8 }, leaf, inner) }
}).any

/** A tree without its positions. */
export function withoutPositions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPositions)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => name !== 'at' && name !== 'nameAt')
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutPositions(part)]))
}

type Known = Readonly<{ text: string; type: Type }>

/** Texts of every value that a condition can name without a function, with their types. */
const known: readonly Known[] = Object.entries(keywords)
  .filter(([, { part }]) => part === 'condition')
  .flatMap(([keyword, { type }]) => reachable({ text: keyword, type }))

function reachable({ text, type }: Known): Known[] {
  if (type.kind === 'struct') {
    return Object.entries(type.fields).flatMap(([name, field]) =>
      reachable({ text: `${text}.${name}`, type: field }),
    )
  }
  const items = type.kind === 'list' ? reachable({ text: `${text}[0]`, type: type.item }) : []
  return [{ text, type }, ...items]
}

/** A text in so many functions: each function calls its item by a name of its own. */
type Nested = (depth: number) => string

const nested =
  (parts: readonly string[], ...holes: readonly (Nested | string)[]): Nested =>
  (depth) =>
    parts.map((part, at) => part + textOf(holes[at] ?? '', depth)).join('')

const textOf = (hole: Nested | string, depth: number) =>
  typeof hole === 'string' ? hole : hole(depth)

const item: Nested = (depth) => `n${depth}`
const inside =
  (text: Nested): Nested =>
  (depth) =>
    text(depth + 1)
const listOf =
  (items: readonly Nested[]): Nested =>
  (depth) =>
    `[${items.map((text) => text(depth)).join(', ')}]`

const pick = (kind: Type['kind']) => {
  const texts = known.filter(({ type }) => type.kind === kind).map(({ text }) => nested`${text}`)
  return fc.constantFrom(...texts)
}

const order = fc.constantFrom('==', '!=', '<', '>', '<=', '>=')
const equality = fc.constantFrom('==', '!=')
const each = fc.constantFrom('all', 'any')
const small = fc.constantFrom('0', '1', '2', '3')
const name = fc.constantFrom("'alice'", "'bob'")
const countOf = fc.constantFrom(
  ...known.filter(({ type }) => type.kind === 'list').map(({ text }) => `${text}.count()`),
)
const dynamic = fc.constantFrom(
  "activity.params.type == 'a'",
  'activity.params.list.contains(1)',
  'activity.params.n < 5',
)
const literal = fc.constantFrom("'a'", "'bob'", "'alice'", "'SIGN'", "'u\\'1'")

/** The text of a condition that has a type. */
export const typedText: fc.Arbitrary<string> = fc
  .letrec<Record<'bool' | 'int' | 'text', Nested>>((tie) => {
    const [bool, int, text] = [tie('bool'), tie('int'), tie('text')]
    const ints = fc.array(int, { minLength: 1, maxLength: 3 }).map(listOf)
    const texts = fc.array(text, { minLength: 1, maxLength: 3 }).map(listOf)
    const depth = { maxDepth: 4, depthSize: 'small' } as const
    return {
      int: fc.oneof(
        depth,
        smallInt.map((value) => nested`${String(value)}`),
        pick('int'),
        anyInt.map((value) => nested`${String(value)}`),
        fc.tuple(ints, small).map(([list, index]) => nested`${list}[${index}]`),
        countOf.map((count) => nested`${count}`),
        fc
          .tuple(ints, order, int)
          .map(
            ([list, op, x]) => nested`${list}.filter(${item}, ${item} ${op} ${inside(x)}).count`,
          ),
      ),
      text: fc.oneof(
        depth,
        literal.map((value) => nested`${value}`),
        pick('string'),
        fc.tuple(text, small, small).map(([x, from, to]) => nested`${x}[${from}..${to}]`),
        fc.tuple(text, small).map(([x, index]) => nested`${x}[${index}]`),
      ),
      bool: fc.oneof(
        depth,
        pick('bool'),
        fc.boolean().map((value) => nested`${String(value)}`),
        fc.tuple(int, order, int).map(([a, op, b]) => nested`${a} ${op} ${b}`),
        fc.tuple(text, equality, name).map(([a, op, b]) => nested`${a}[0..1] ${op} ${b}[0..1]`),
        fc
          .tuple(bool, fc.constantFrom('&&', '||', '=='), bool)
          .map(([a, op, b]) => nested`(${a}) ${op} (${b})`),
        bool.map((x) => nested`!(${x})`),
        fc.tuple(int, ints).map(([x, list]) => nested`${x} in ${list}`),
        fc
          .tuple(texts, each)
          .map(([list, call]) => nested`${list}.${call}(${item}, ${item}[0..0] == '')`),
        fc
          .tuple(ints, each, bool)
          .map(
            ([list, call, x]) => nested`${list}.${call}(${item}, ${item} == 1 || (${inside(x)}))`,
          ),
        each.map((call) => nested`solana.tx.transfers.${call}(t, t.amount < 5 && t.to == 'bob')`),
        fc
          .tuple(each, int)
          .map(
            ([call, x]) =>
              nested`bitcoin.tx.outputs.${call}(${item}, ${item}.value > ${inside(x)})`,
          ),
        dynamic.map((x) => nested`${x}`),
      ),
    }
  })
  .bool.map((text) => text(0))

const types: Readonly<Partial<Record<Type['kind'], fc.Arbitrary<unknown>>>> = {
  [boolType.kind]: fc.boolean(),
  [intType.kind]: fc.oneof(
    { weight: 20, arbitrary: fc.bigInt(0n, 9n) },
    { weight: 1, arbitrary: fc.constant(2n ** 200n) },
  ),
  [textType.kind]: fc.constantFrom('a', 'alice', 'bob', 'SIGN', '', 'u-1'),
  dynamic: fc.constantFrom({ type: 'a', list: [1n, 2n], n: 3 }, { n: 'x', list: 'no' }, {}, 'text'),
}

/** A value of a type; fields and items are missing now and then. */
function valueOf(type: Type): fc.Arbitrary<unknown> {
  if (type.kind === 'list') {
    return fc.array(fc.option(valueOf(type.item), { freq: 30, nil: undefined }), { maxLength: 3 })
  }
  if (type.kind === 'struct') {
    const fields = Object.entries(type.fields).map(
      ([name, field]) => [name, fc.option(valueOf(field), { freq: 30, nil: undefined })] as const,
    )
    return fc.record(Object.fromEntries(fields))
  }
  return types[type.kind] ?? fc.constant(undefined)
}

/** A context, in which keywords are missing now and then. */
export const anyContext: fc.Arbitrary<Context> = fc
  .record(
    Object.fromEntries(
      Object.entries(keywords).map(
        ([keyword, { type }]) =>
          [keyword, fc.option(valueOf(type), { freq: 12, nil: undefined })] as const,
      ),
    ),
  )
  .map((values) => {
    const context: Record<string, unknown> = {}
    for (const [keyword, value] of Object.entries(values)) {
      const [first = '', second] = keyword.split('.')
      if (second === undefined) context[first] = value
      else context[first] = { ...(context[first] as object | undefined), [second]: value }
    }
    return context
  })
