// Reading request bodies: raw bytes, up to a limit.
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'

/** How much of a body that is too large is read to its end, as a multiple of the limit. */
const DRAINED_LIMITS = 16

/**
 * Reads a body of at most `bytesMax`. A somewhat larger one is read to its end and dropped: who is
 * still writing when the connection closes would see a broken pipe instead of the answer.
 * @throws AppError `BODY_TOO_LARGE`, and `BAD_REQUEST_BODY` when it ends too early
 */
export function readBody(payload: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let bytes = 0
    const refuse = () => reject(new AppError('BODY_TOO_LARGE'))
    payload.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= bytesMax) chunks.push(chunk)
      else chunks = []
      if (bytes > bytesMax * DRAINED_LIMITS) {
        payload.pause()
        refuse()
      }
    })
    payload.once('end', () => (bytes > bytesMax ? refuse() : resolve(Buffer.concat(chunks))))
    payload.once('error', () => reject(new AppError('BAD_REQUEST_BODY')))
  })
}
