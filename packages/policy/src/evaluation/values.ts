// What both evaluators do with values: admit them from the context, compare, index, slice.
import { excerpt } from '../error.ts'
import { isInRange } from '../limits.ts'
import type { Comparing, Term } from '../typing/term.ts'
import { article, nameOf, type Type } from '../typing/type.ts'
import type { Frame, Value } from './frame.ts'

/**
 * The value when it is one of the term's type, as everything must be that comes from a context;
 * integers beyond 128 bits are an error, wherever they come from.
 */
export function admit(frame: Frame, term: Term, value: unknown): Value | undefined {
  return admitAs(frame, { term, type: term.type }, value)
}

/** What is admitted, and for which term. */
type Place = Readonly<{ term: Term; type: Type }>

export function admitAs(frame: Frame, place: Place, value: unknown): Value | undefined {
  switch (place.type.kind) {
    case 'string':
      return typeof value === 'string' ? value : refuse(frame, place, value)
    case 'bool':
      return typeof value === 'boolean' ? value : refuse(frame, place, value)
    case 'int':
      return typeof value === 'bigint' && isInRange(value) ? value : refuse(frame, place, value)
    case 'list':
      return Array.isArray(value) ? value : refuse(frame, place, value)
    case 'struct':
      return isStruct(value) ? value : refuse(frame, place, value)
    case 'dynamic':
      return admitDynamic(frame, place, value)
  }
}

function isStruct(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function admitDynamic(frame: Frame, place: Place, value: unknown): Value | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : refuse(frame, place, value)
    case 'bigint':
      return isInRange(value) ? value : refuse(frame, place, value)
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return value === null ? refuse(frame, place, value) : (value as Value)
    case 'undefined':
      return refuse(frame, place, value)
    case 'function':
    case 'symbol':
      return refuseSort(frame, place, value)
  }
}

function refuse(frame: Frame, { term, type }: Place, value: unknown): undefined {
  if (value === undefined || value === null) {
    return frame.fail(term, 'FIELD_ABSENT', 'this request has no value here')
  }
  const isNumber =
    typeof value === 'bigint' || (type.kind === 'dynamic' && typeof value === 'number')
  if (isNumber && (type.kind === 'dynamic' || type.kind === 'int')) {
    const message = `\`${excerpt(value.toString())}\` is no integer of 128 bits`
    return frame.fail(term, 'INTEGER_OUT_OF_RANGE', message)
  }
  return refuseSort(frame, { term, type }, value)
}

function refuseSort(frame: Frame, { term, type }: Place, value: unknown): undefined {
  const message = `expected ${article(nameOf(type))}, the value is ${article(sortOf(value))}`
  return frame.fail(term, 'TYPE_MISMATCH', message)
}

function sortOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'object') return Array.isArray(value) ? 'list' : 'struct'
  return typeof value
}

/** A field of a struct or dynamic value. */
export function readMember(frame: Frame, term: Term, [target, name]: readonly [Value, string]) {
  if (!isStruct(target)) return refuseMember(frame, term, target)
  return admit(frame, term, Object.hasOwn(target, name) ? target[name] : undefined)
}

function refuseMember(frame: Frame, term: Term, target: Value): undefined {
  const message = `only a struct has fields, the value is ${article(sortOf(target))}`
  return frame.fail(term, 'TYPE_MISMATCH', message)
}

/** Strings longer than this count as more work when they are compared or counted. */
const shortLength = 64

/** An equality of two admitted values, as `comparing` says; undefined when it stopped. */
export function equal(
  frame: Frame,
  { term, comparing }: Readonly<{ term: Term; comparing: Comparing }>,
  [a, b]: readonly [Value, Value],
): boolean | undefined {
  if (typeof a === 'string' && typeof b === 'string') {
    const isLong = a.length > shortLength && a.length === b.length
    if (isLong && !frame.spend(term, a.length / shortLength)) return undefined
    return a === b || (comparing !== 'exact' && isSameAddress(a, b))
  }
  if (comparing === 'dynamic') return equalDynamic(frame, term, [a, b])
  return a === b
}

const evmAddressLength = 42

/** Whether both are EVM addresses, and the same but for the case of letters. */
function isSameAddress(a: string, b: string): boolean {
  if (a.length !== evmAddressLength || b.length !== evmAddressLength) return false
  if (!a.startsWith('0x') || !b.startsWith('0x')) return false
  for (let at = 2; at < evmAddressLength; at++) {
    const digit = hexDigit(a.charCodeAt(at))
    if (digit < 0 || digit !== hexDigit(b.charCodeAt(at))) return false
  }
  return true
}

/** The value of a hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function equalDynamic(frame: Frame, term: Term, [a, b]: readonly [Value, Value]) {
  const [one, other] = [sortOf(a), sortOf(b)]
  // Clients compare integers of typed data with their decimal text.
  if (typeof a === 'bigint' && typeof b === 'string') return a.toString() === b
  if (typeof a === 'string' && typeof b === 'bigint') return a === b.toString()
  if (one === other && one !== 'list' && one !== 'struct') return a === b
  return frame.fail(term, 'TYPE_MISMATCH', `${one} and ${other} cannot be compared`)
}

/** An item of a list, or a character of a string. */
export function readIndex(frame: Frame, term: Term, [target, index]: readonly [Value, bigint]) {
  if (typeof target === 'string') {
    return sliceText(frame, term, { text: target, from: index, to: index + 1n })
  }
  if (!Array.isArray(target)) return refuseAccess(frame, term, target)
  if (index < 0n || index >= BigInt(target.length)) {
    return outOfBounds(frame, term, `there is no index ${index} in ${items(target.length)}`)
  }
  return admit(frame, term, target[Number(index)])
}

/** The items or characters from the first index up to, and without, the second. */
export function readSlice(
  frame: Frame,
  term: Term,
  [target, from, to]: readonly [Value, bigint, bigint],
): Value | undefined {
  if (typeof target === 'string') return sliceText(frame, term, { text: target, from, to })
  if (!Array.isArray(target)) return refuseAccess(frame, term, target)
  if (from < 0n || from > to || to > BigInt(target.length)) {
    return outOfBounds(frame, term, `there is no ${from}..${to} in ${items(target.length)}`)
  }
  if (!frame.spend(term, Number(to - from))) return undefined
  return target.slice(Number(from), Number(to)) as unknown[]
}

function items(count: number): string {
  return `a list of ${count}`
}

function refuseAccess(frame: Frame, term: Term, target: Value): undefined {
  const message = `only lists and strings have \`[…]\`, the value is ${article(sortOf(target))}`
  return frame.fail(term, 'TYPE_MISMATCH', message)
}

function outOfBounds(frame: Frame, term: Term, message: string): undefined {
  return frame.fail(term, 'INDEX_OUT_OF_BOUNDS', message)
}

type TextSlice = Readonly<{ text: string; from: bigint; to: bigint }>

/** Characters are code points. */
function sliceText(frame: Frame, term: Term, { text, from, to }: TextSlice): string | undefined {
  // A string has at most as many code points as units, so what lies beyond is out of bounds.
  if (from >= 0n && from <= to && to <= BigInt(text.length)) {
    if (!frame.spend(term, Number(to) / shortLength)) return undefined
    const start = offsetOf(text, { from: 0, count: Number(from) })
    const end = start && offsetOf(text, { from: start.offset, count: Number(to - from) })
    if (start && end) return text.slice(start.offset, end.offset)
  }
  const range = to === from + 1n && term.op === 'index' ? `index ${from}` : `${from}..${to}`
  return outOfBounds(frame, term, `there is no ${range} in a string of ${Array.from(text).length}`)
}

/** Where the character after `count` ones begins; undefined when there are fewer. */
function offsetOf(text: string, { from, count }: { from: number; count: number }) {
  let offset = from
  for (let left = count; left > 0; left--) {
    if (offset >= text.length) return undefined
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
  }
  return { offset }
}

/** An order of two integers. */
export const orders = {
  '<': (a: bigint, b: bigint) => a < b,
  '>': (a: bigint, b: bigint) => a > b,
  '<=': (a: bigint, b: bigint) => a <= b,
  '>=': (a: bigint, b: bigint) => a >= b,
} as const

/** Whether a list has an item. */
export function hasItem(
  frame: Frame,
  term: Extract<Term, { op: 'contains' }>,
  [list, item]: readonly [readonly unknown[], Value],
): boolean | undefined {
  const type = itemTypeOf(term.list)
  if (!frame.spend(term, list.length)) return undefined
  for (const entry of list) {
    const admitted = admitAs(frame, { term: term.list, type }, entry)
    if (admitted === undefined) return undefined
    const found = equal(frame, { term, comparing: term.comparing }, [admitted, item])
    if (found !== false) return found
  }
  return false
}

/** The type of a list's items. */
export function itemTypeOf(list: Term): Type {
  return list.type.kind === 'list' ? list.type.item : list.type
}
