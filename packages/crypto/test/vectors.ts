// Reads the vector files the tests compare with.
import { readFileSync } from 'node:fs'

const folder = new URL('../../../fixtures/vectors/', import.meta.url)

/** The bytes of a file in fixtures/vectors. */
export function readVectorFile(file: string): Buffer {
  return readFileSync(new URL(file, folder))
}

/** A JSON file in fixtures/vectors, taken to have the shape the caller names. */
export function loadVectors<T>(file: string): T {
  return JSON.parse(readVectorFile(file).toString('utf8')) as T
}

/** Bytes from hexadecimal, failing loudly on a typing error in a vector. */
export function hex(text: string): Buffer {
  const bytes = Buffer.from(text, 'hex')
  if (bytes.length * 2 !== text.length) throw new Error(`not hexadecimal: \`${text}\``)
  return bytes
}

/** The value, for places where its absence is a failed test. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected a value, got undefined')
  return value
}
