// The process that loads a PKCS#11 module: one question on the standard input, one answer.
//
// SECURITY: a module is foreign native code. When it crashes or hangs, this process does, not a server.
import { text } from 'node:stream/consumers'
import { NoSuchKey, Token } from './token.ts'
import type { TokenAnswer, TokenQuestion } from './device.ts'

function answer({ access, id, label, points }: TokenQuestion): TokenAnswer {
  const token = new Token(access)
  const key = Buffer.from(id, 'hex')
  const publicKey = label === null ? token.publicKey(key) : token.generate(key, label)
  const theirs = points.map((point) => Buffer.from(point, 'hex'))
  const agreed = token.agree(key, [publicKey, ...theirs])
  token.close()
  return { ok: true, key: { publicKey: hexOf(publicKey), agreed: agreed.map(hexOf) } }
}

function hexOf(bytes: Buffer): string {
  return bytes.toString('hex')
}

function attempt(question: string): TokenAnswer {
  try {
    return answer(JSON.parse(question) as TokenQuestion)
  } catch (error) {
    if (error instanceof NoSuchKey) return { ok: true, key: null }
    const code = error instanceof Error && 'code' in error ? Number(error.code) : null
    return { ok: false, code, message: error instanceof Error ? error.message : 'failed' }
  }
}

process.stdout.write(JSON.stringify(attempt(await text(process.stdin))))
