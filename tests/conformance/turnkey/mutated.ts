// Valid bodies for fast-check to mutate, and the mutations.
import { operations } from '@keystead/server/commands'
import fc from 'fast-check'

/** A body to send, as bytes, and where to. */
export interface Mutant {
  path: string
  body: Buffer
}

interface Seed {
  path: string
  body: Record<string, unknown>
}

/**
 * A valid body of each operation and each version of it.
 * @param real what to put in place of the examples' ids and addresses, so that bodies can succeed
 */
export function seedBodies(organizationId: string, real: Record<string, string>): Seed[] {
  const timestampMs = String(Date.now())
  return operations.flatMap((operation): Seed[] => {
    const { path, example } = operation
    const named = Object.entries(real).reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      JSON.stringify(example.params),
    )
    const params = JSON.parse(named) as object
    if (operation.kind === 'query') return [{ path, body: { ...params, organizationId } }]
    const types =
      operation.kind === 'vote' ? [operation.type] : operation.versions.map(({ type }) => type)
    return types.map((type) => ({
      path,
      body: { type, timestampMs, organizationId, parameters: params },
    }))
  })
}

/** What is longer is not repeated, or bodies would grow without bound. */
const REPEATED_MAX = 1000

const NAMES = ['__proto__', 'constructor', 'organizationId', 'type', 'parameters', 'accounts', '']
const VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 31,
  '',
  '\0',
  '\ud800',
  '__proto__',
  'CURVE_P256',
  'm/0',
  'ff',
  [],
  {},
  [[[[]]]],
  '9'.repeat(400),
  'x'.repeat(5000),
]

const value = fc.oneof(
  fc.constantFrom<unknown>(...VALUES),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

type Change =
  | { kind: 'replace'; value: unknown }
  | { kind: 'remove' }
  | { kind: 'add'; name: string; value: unknown }
  | { kind: 'repeat'; times: number }

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('replace' as const), value }),
  fc.record({ kind: fc.constant('remove' as const) }),
  fc.record({
    kind: fc.constant('add' as const),
    name: fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 20 })),
    value,
  }),
  fc.record({ kind: fc.constant('repeat' as const), times: fc.integer({ min: 2, max: 130 }) }),
)

interface Place {
  holder: Record<string, unknown> | unknown[]
  key: string
}

function placesOf(node: unknown): Place[] {
  if (typeof node !== 'object' || node === null) return []
  const holder = node as Place['holder']
  return Object.entries(node).flatMap(([key, member]) => [
    { holder, key },
    ...placesOf(member as unknown),
  ])
}

function define(holder: object, key: string, member: unknown): void {
  const descriptor = { value: member, enumerable: true, writable: true, configurable: true }
  Object.defineProperty(holder, key, descriptor)
}

/** Applies one change at the place that `at`, from 0 to 1, points to. */
function apply(body: object, at: number, mutation: Change): void {
  const places = placesOf(body)
  const place = places[Math.min(places.length - 1, Math.floor(at * places.length))]
  if (place === undefined) return
  const { holder, key } = place
  const old: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value
  if (mutation.kind === 'replace') define(holder, key, mutation.value)
  if (mutation.kind === 'add' && !Array.isArray(holder)) {
    define(holder, mutation.name, mutation.value)
  }
  if (mutation.kind === 'repeat' && (JSON.stringify(old) ?? '').length < REPEATED_MAX) {
    define(
      holder,
      key,
      Array.from({ length: mutation.times }, () => old),
    )
  }
  if (mutation.kind === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  }
}

const byteChange = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  byte: fc.integer({ min: 0, max: 255 }),
  remove: fc.boolean(),
})

function applyBytes(
  body: Buffer,
  { at, byte, remove }: { at: number; byte: number; remove: boolean },
) {
  const index = Math.floor(at * (body.length - 1))
  const rest = body.subarray(remove ? index + 1 : index)
  return Buffer.concat([body.subarray(0, index), Buffer.from(remove ? [] : [byte]), rest])
}

const changes = (minLength: number, maxLength: number) =>
  fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), change), { minLength, maxLength })

/** Bodies with up to four changed members, and now and then changed bytes. */
export function mutants(seeds: readonly Seed[]): fc.Arbitrary<Mutant> {
  return fc
    .record({
      seed: fc.constantFrom(...seeds),
      changes: fc.oneof(changes(0, 1), changes(1, 1), changes(1, 4)),
      bytes: fc.array(byteChange, { maxLength: 2 }),
      spoil: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ seed, changes: made, bytes, spoil }) => {
      const body = structuredClone(seed.body)
      for (const [at, mutation] of made) apply(body, at, mutation)
      const text = Buffer.from(JSON.stringify(body))
      const changed = spoil === 0 ? bytes.reduce(applyBytes, text) : text
      return { path: seed.path, body: changed }
    })
}
