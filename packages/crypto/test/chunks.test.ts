// Sealed chunks: what was sealed opens, and no chunk can be changed, moved, repeated or cut off.
import { createCipheriv } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  aeadKey,
  chunkBytes,
  ChunkOpener,
  ChunkSealer,
  sealedChunkBytes,
} from '../src/node/index.ts'

const KEY = Buffer.alloc(32, 7)
const PARTS = [Buffer.alloc(chunkBytes, 1), Buffer.alloc(chunkBytes, 2), Buffer.from('the end')]

function sealAll(parts: readonly Buffer[]): Buffer[] {
  const sealer = new ChunkSealer(aeadKey(KEY))
  return parts.map((part, index) => sealer.seal(part, index === parts.length - 1))
}

function openAll(sealed: readonly Buffer[], key = KEY): Buffer[] {
  const opener = new ChunkOpener(aeadKey(key))
  return sealed.map((chunk, index) => opener.open(chunk, index === sealed.length - 1))
}

test('opens what was sealed', () => {
  const sealed = sealAll(PARTS)
  expect(sealed.map(({ length }) => length)).toEqual([sealedChunkBytes, sealedChunkBytes, 7 + 16])
  expect(openAll(sealed)).toEqual(PARTS)
  expect(openAll(sealAll([Buffer.alloc(0)]))).toEqual([Buffer.alloc(0)])
})

test('is AES-256-GCM with the number of the chunk and the mark of the last as nonce', () => {
  const sealed = sealAll([Buffer.from('first'), Buffer.from('last')])
  for (const [index, text] of ['first', 'last'].entries()) {
    const nonce = Buffer.from(`${'00'.repeat(10)}0${index}0${index}`, 'hex')
    const cipher = createCipheriv('aes-256-gcm', KEY, nonce)
    const parts = [cipher.update(text), cipher.final(), cipher.getAuthTag()]
    expect(sealed[index]).toEqual(Buffer.concat(parts))
  }
})

describe('refuses', () => {
  const [first, second, last] = sealAll(PARTS) as [Buffer, Buffer, Buffer]

  test.each<[string, Buffer[]]>([
    ['chunks in another order', [second, first, last]],
    ['a chunk that is repeated', [first, first, second, last]],
    ['a chunk that is missing', [first, last]],
    ['the last chunk cut off', [first, second]],
    ['a last chunk that was shortened', [first, second, last.subarray(0, -1)]],
    ['a last chunk that is no more than a part of a tag', [first, second, last.subarray(0, 9)]],
    ['a chunk appended', [first, second, last, last]],
    ['nothing in place of the last', [first, second, Buffer.alloc(0)]],
  ])('%s', (_, sealed) => {
    expect(() => openAll(sealed)).toThrow('authentication failed')
  })

  test('every changed byte of a chunk', () => {
    for (let index = 0; index < last.length; index++) {
      const changed = Buffer.from(last)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(() => openAll([first, second, changed])).toThrow('authentication failed')
    }
  })

  test('another key', () => {
    expect(() => openAll([first, second, last], Buffer.alloc(32, 8))).toThrow(
      'authentication failed',
    )
  })

  test('to seal or open anything after the last chunk', () => {
    const sealer = new ChunkSealer(aeadKey(KEY))
    const only = sealer.seal(Buffer.from('only'), true)
    expect(() => sealer.seal(Buffer.from('more'), false)).toThrow('nothing follows')
    const opener = new ChunkOpener(aeadKey(KEY))
    opener.open(only, true)
    expect(() => opener.open(only, true)).toThrow('nothing follows')
  })
})
