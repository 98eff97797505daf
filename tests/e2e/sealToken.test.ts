// A seal whose key is in a hardware token, which SoftHSM 2 plays.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keystead } from '../support/command.ts'
import { containing } from '../support/matching.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { createToken, type SoftHsm } from '../support/softHsm.ts'

/** Each starts servers and commands. */
const PATIENT = { timeout: 2 * 60_000 }

const ELF_EXECUTABLE = 1

/** A library (ELF, 64 bits) whose code is all zeros: it crashes as soon as it is loaded. */
function withoutCode(library: Buffer): Buffer {
  const broken = Buffer.from(library)
  const [table, size] = [Number(library.readBigUInt64LE(0x20)), library.readUInt16LE(0x36)]
  for (let n = 0; n < library.readUInt16LE(0x38); n += 1) {
    const segment = library.subarray(table + n * size)
    if ((segment.readUInt32LE(4) & ELF_EXECUTABLE) === 0) continue
    const begin = Number(segment.readBigUInt64LE(8))
    broken.fill(0, begin, begin + Number(segment.readBigUInt64LE(32)))
  }
  return broken
}

describe('a token', PATIENT, () => {
  let token: SoftHsm
  let server: TestServer

  beforeAll(async () => {
    token = createToken()
    server = await startServer({ engine: 'sqlite', env: token.env })
  })
  afterAll(async () => {
    await server.dispose()
    token.dispose()
  })

  const run = (words: readonly string[], env: Record<string, string> = {}) =>
    keystead([...words, '--data', server.data], { env: { ...server.env, ...env } })
  const health = async (): Promise<unknown> => (await fetch(`${server.url}/healthz`)).json()

  test('gets a key pair of its own, which opens the instance', async () => {
    expect(await run(['seal', 'add', 'pkcs11'])).toMatchObject({
      code: 0,
      stdout: containing('added pkcs11 seal'),
    })
    expect(await run(['seal', 'test', '--token'])).toMatchObject({ code: 0 })
    expect(token.describe()).toContain('keystead')
  })

  test('unseals the server when it starts, without any file', async () => {
    await server.end('SIGTERM')
    renameSync(join(server.data, 'seal.key'), join(server.data, 'gone.key'))
    await server.restart()
    expect(await health()).toEqual({ status: 'ok' })
    expect(server.output()).not.toContain('sealed:')
  })

  test('that is missing leaves the server sealed, and it says so', async () => {
    await server.end('SIGTERM')
    server.env['KEYSTEAD_PKCS11_TOKEN'] = 'another'
    await server.restart()
    expect(await health()).toEqual({ status: 'sealed' })
    expect(server.output()).toContain('the module has no token labelled another')
    expect(server.output()).toContain('npx keystead unseal --token')
    expect(await run(['unseal', '--token'])).toMatchObject({
      code: 1,
      stderr: containing('the module has no token labelled another'),
    })
  })

  test('that comes later is asked by `unseal --token`, and a wrong PIN is told', async () => {
    await server.end('SIGTERM')
    const pin = readFileSync(token.pinFile)
    writeFileSync(token.pinFile, 'wrong')
    server.env['KEYSTEAD_PKCS11_TOKEN'] = 'keystead'
    await server.restart()
    expect(server.output()).toContain('the PIN is wrong')
    writeFileSync(token.pinFile, pin)
    expect(await run(['unseal', '--token'])).toMatchObject({ code: 0, stdout: 'unsealed\n' })
    expect(await health()).toEqual({ status: 'ok' })
    expect(server.output()).not.toContain(token.pin)
  })

  test('module that crashes is told in one line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ks-module-'))
    try {
      const module = join(folder, 'broken.so')
      writeFileSync(module, withoutCode(readFileSync(token.env['KEYSTEAD_PKCS11_MODULE'] ?? '')))
      const ended = await run(['seal', 'test', '--token'], { KEYSTEAD_PKCS11_MODULE: module })
      expect(ended.code).toBe(1)
      expect(ended.stderr).toMatch(/^keystead: .* crashed or did not answer \(SIG[A-Z]+\)\n$/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('module that is no library is told in one line', async () => {
    const ended = await run(['seal', 'test', '--token'], {
      KEYSTEAD_PKCS11_MODULE: '/etc/hostname',
    })
    expect(ended).toMatchObject({ code: 1, stderr: containing('the PKCS#11 token: ') })
  })

  test('is asked only where it is configured, and completely', async () => {
    const env = { KEYSTEAD_PKCS11_MODULE: '' }
    expect(await run(['seal', 'add', 'pkcs11'], env)).toMatchObject({
      code: 1,
      stderr: containing('KEYSTEAD_PKCS11_MODULE'),
    })
    expect(await run(['seal', 'list'], { KEYSTEAD_PKCS11_TOKEN: '' })).toMatchObject({
      code: 1,
      stderr: containing('requires KEYSTEAD_PKCS11_TOKEN'),
    })
  })
})
