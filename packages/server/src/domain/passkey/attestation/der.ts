// DER (X.690), as far as reading a certificate's extensions needs it.
import { ensure } from '../refusal.ts'

/** One element: its tag as in its first bytes, such as 0x30, or 0xbf8458 for a long one. */
export interface DerElement {
  tag: number
  content: Buffer
}

/** The elements that follow each other in `bytes`. @throws Refusal when they do not fill it */
export function readDer(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const { element, end } = readElement(bytes, at)
    elements.push(element)
    at = end
  }
  return elements
}

/** The elements inside the one element with `tag` that `bytes` are. @throws Refusal */
export function readInside(bytes: Buffer, tag: number): DerElement[] {
  const [outer, ...others] = readDer(bytes)
  ensure(outer?.tag === tag && others.length === 0, `DER is not one element ${tag.toString(16)}`)
  return readDer(outer.content)
}

const OBJECT_IDENTIFIER = 0x06
const CONSTRUCTED = 0x20
const DEPTH_MAX = 16

/** The object identifiers anywhere in `bytes`, in hexadecimal. @throws Refusal */
export function objectIdentifiersIn(bytes: Buffer, depth = 0): string[] {
  ensure(depth < DEPTH_MAX, 'DER is nested too deeply')
  return readDer(bytes).flatMap(({ tag, content }) => {
    if (tag === OBJECT_IDENTIFIER) return [content.toString('hex')]
    return (tag & CONSTRUCTED) === 0 || tag > 0xff ? [] : objectIdentifiersIn(content, depth + 1)
  })
}

function readElement(bytes: Buffer, at: number): { element: DerElement; end: number } {
  const tagEnd = endOfTag(bytes, at)
  ensure(tagEnd < bytes.length, 'DER is truncated')
  const first = bytes.readUInt8(tagEnd)
  const size = first < 0x80 ? 0 : first & 0x7f
  ensure(first !== 0x80 && size <= 3, 'DER length')
  const from = tagEnd + 1 + size
  ensure(from <= bytes.length, 'DER is truncated')
  const length = size === 0 ? first : bytes.readUIntBE(tagEnd + 1, size)
  const end = from + length
  ensure(end <= bytes.length, 'DER is truncated')
  const tag = bytes.readUIntBE(at, tagEnd - at)
  return { element: { tag, content: bytes.subarray(from, end) }, end }
}

function endOfTag(bytes: Buffer, at: number): number {
  if ((bytes.readUInt8(at) & 0x1f) !== 0x1f) return at + 1
  const last = bytes.subarray(at + 1, at + 4).findIndex((byte) => byte < 0x80)
  ensure(last >= 0, 'DER tag')
  return at + 2 + last
}
