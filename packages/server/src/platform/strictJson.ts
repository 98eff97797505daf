// JSON of signed bodies: valid UTF-8, no duplicate keys, bounded depth; otherwise a clear refusal.
import { isUtf8 } from 'node:buffer'

const DEPTH_MAX = 32

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [key: string]: JsonValue }

export type ParsedJson = { ok: true; value: JsonValue } | { ok: false; reason: string }

/** Parses `bytes`. Two readers of an accepted body cannot disagree about what it says. */
export function parseStrictJson(bytes: Buffer): ParsedJson {
  if (!isUtf8(bytes)) return { ok: false, reason: 'the body is not valid UTF-8' }
  const text = bytes.toString('utf8')
  const reason = checkStructure(text)
  if (reason !== undefined) return { ok: false, reason }
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue }
  } catch {
    return { ok: false, reason: 'the body is not valid JSON' }
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/**
 * Checks depth and duplicate keys without trusting the grammar: `JSON.parse` does that afterwards,
 * and the depth is bounded before it recurses.
 */
function checkStructure(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = []
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      const end = endOfString(text, index)
      const repeated = repeatedKey(text, { start: index, end, keys: scopes.at(-1) })
      if (repeated !== undefined) return `the key \`${repeated.slice(0, 64)}\` appears twice`
      index = end
      continue
    }
    if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (scopes.length === DEPTH_MAX) return `the body is nested deeper than ${DEPTH_MAX} levels`
      scopes.push(code === OPEN_OBJECT ? new Set() : undefined)
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      scopes.pop()
    }
    index++
  }
  return undefined
}

/** The key that the string at `start` repeats in its object, if it is a key and does. */
function repeatedKey(
  text: string,
  { start, end, keys }: { start: number; end: number; keys: Set<string> | undefined },
): string | undefined {
  if (keys === undefined || !isKey(text, end)) return undefined
  const key = keyText(text.slice(start, end))
  if (keys.has(key)) return key
  keys.add(key)
  return undefined
}

/** The index after the closing quote. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1)
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1)
  return quote < 0 ? text.length : quote + 1
}

/** Whether an odd number of backslashes stands before the quote; the opening quote ends them. */
function isEscaped(text: string, quote: number): boolean {
  let index = quote - 1
  while (text.charCodeAt(index) === BACKSLASH) index--
  return (quote - index) % 2 === 0
}

function isKey(text: string, end: number): boolean {
  let index = end
  while (index < text.length && text.charCodeAt(index) <= 0x20) index++
  return text[index] === ':'
}

/** Keys are compared as they will be read: an escaped key equals its plain form. */
function keyText(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return quoted
  }
}
