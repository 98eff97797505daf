// JSON of signed bodies: valid UTF-8, no duplicate keys, bounded depth; otherwise a clear refusal.
import { isUtf8 } from 'node:buffer'

const DEPTH_MAX = 32

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

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
      const keys = scopes.at(-1)
      if (keys !== undefined && isKey(text, end)) {
        const key = keyText(text.slice(index, end))
        if (keys.has(key)) return `the key \`${key.slice(0, 64)}\` appears twice`
        keys.add(key)
      }
      index = end
      continue
    }
    if (code === 0x7b || code === 0x5b) {
      if (scopes.length === DEPTH_MAX) return `the body is nested deeper than ${DEPTH_MAX} levels`
      scopes.push(code === 0x7b ? new Set() : undefined)
    } else if (code === 0x7d || code === 0x5d) {
      scopes.pop()
    }
    index++
  }
  return undefined
}

/** The index after the closing quote. */
function endOfString(text: string, start: number): number {
  let index = start + 1
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) return index + 1
    index += code === BACKSLASH ? 2 : 1
  }
  return text.length
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
