// Key files of the command line: those that it makes, and those that the `turnkey` command made.
import { readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  parseEcdsaDer,
  parsePublicKey,
  sha256,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
} from '@keystead/crypto/node'
import { Shell } from './shell.ts'

const curves = ['p256', 'secp256k1', 'ed25519'] as const
type Curve = (typeof curves)[number]

/** What the original wrote, once. */
const turnkey = JSON.parse(
  readFileSync(new URL('../../../fixtures/turnkey-keys.json', import.meta.url), 'utf8'),
) as { body: string; stamps: Record<Curve, string>; files: Record<string, string> }

const organization = '11111111-2222-4333-8444-555555555555'
const user = '66666666-7777-4888-8999-aaaaaaaaaaaa'
const keys = '.config/turnkey/keys'
const encryptionKeys = '.config/turnkey/encryption-keys'

let shell: Shell
beforeEach(() => {
  shell = new Shell()
})
afterEach(() => shell.dispose())

const generate = (...words: string[]) => ['generate', ...words, '--organization', organization]
const preview = (...words: string[]) =>
  ['request', '--no-post', '--path', '/p', '--body', turnkey.body].concat(words)

interface Stamp {
  publicKey: string
  scheme: string
  signature: string
}

const parseStamp = (stamp = '') => JSON.parse(atob(stamp)) as Stamp

function isValid(curve: Curve, { publicKey, signature }: Stamp, body: string): boolean {
  const key = parsePublicKey(curve, Buffer.from(publicKey, 'hex'))
  const bytes = Buffer.from(signature, 'hex')
  if (key === undefined) return false
  if (curve === 'ed25519') return verifyEd25519(key, Buffer.from(body), bytes)
  const rs = parseEcdsaDer(bytes)
  if (rs === undefined) return false
  return curve === 'p256'
    ? verifyP256Message(key, Buffer.from(body), rs)
    : verifyEcdsaDigest(key, sha256(Buffer.from(body)), rs)
}

describe('generate api-key', () => {
  test.each(curves)(
    'on %s writes files as the original does, for the owner only',
    async (curve) => {
      const made = await shell.does(generate('api-key', '--curve', curve, '-k', curve))
      const theirs = (extension: string) => turnkey.files[`keys/${curve}.${extension}`] ?? ''
      const ours = (extension: string) => shell.read(`${keys}/${curve}.${extension}`)
      expect(made).toEqual({
        publicKey: ours('public'),
        publicKeyFile: shell.path(`${keys}/${curve}.public`),
        privateKeyFile: shell.path(`${keys}/${curve}.private`),
      })
      const shape = (text: string) =>
        text.replaceAll(/[0-9a-f]{60,}/g, (hex) => `${hex.length} digits`)
      for (const extension of ['public', 'private', 'meta']) {
        expect(shape(ours(extension))).toBe(shape(theirs(extension)))
        expect(statSync(shell.path(`${keys}/${curve}.${extension}`)).mode & 0o777).toBe(0o600)
      }
      expect(statSync(shell.path(keys)).mode & 0o777).toBe(0o700)
      const { stamp } = await shell.does<{ stamp: string }>(preview('-k', curve))
      expect(parseStamp(stamp).publicKey).toBe(made['publicKey'])
      expect(isValid(curve, parseStamp(stamp), turnkey.body)).toBe(true)
    },
  )

  test('named `-` prints the pair and writes nothing', async () => {
    const made = await shell.does(generate('api-key', '-k', '-'))
    expect(Object.keys(made)).toEqual(['publicKey', 'privateKey'])
    expect(made['privateKey']).toMatch(/^[0-9a-f]{64}:p256$/)
    expect(shell.files('.')).toEqual([])
  })

  test('never prints a private key that it writes, nor writes over one', async () => {
    const words = generate('api-key')
    const { stdout } = await shell.run(words)
    const written = shell.read(`${keys}/default.private`)
    expect(stdout).not.toContain(written.slice(0, 64))
    expect(await shell.fails(words)).toContain('default.private exists already')
    expect(shell.read(`${keys}/default.private`)).toBe(written)
  })

  test('leaves nothing behind where a part of the name is taken', async () => {
    shell.write(`${keys}/default.meta`, '{}')
    expect(await shell.fails(generate('api-key'))).toContain('default.meta exists already')
    expect(shell.files(keys)).toEqual(['default.meta'])
  })

  test.each([
    [['generate', 'api-key'], '--organization is required'],
    [['generate', 'api-key', '--organization', 'x'], '--organization must be a UUID'],
    [generate('api-key', '--curve', 'p384'), '--curve is p256, secp256k1, ed25519, not `p384`'],
    [generate('api-key', '--curve', 'constructor'), 'not `constructor`'],
    [generate('api-key', '-k', '../mine'), '`../mine` is no name for a key'],
    [generate('api-key', '-d', '/nonexistent/keys'), 'there is no folder /nonexistent/keys'],
    [generate('api-key', '-d', import.meta.filename), 'keyFiles.test.ts is no folder'],
    [generate('api-key', '--nonsense'), '--nonsense'],
    [generate('api-key', '-o', 'xml'), '--output is json or yaml, not `xml`'],
    [generate('encryption-key'), '--user is required'],
    [generate('encryption-key', '--user', 'x'), '--user must be a UUID'],
    [
      generate('encryption-key', '--user', user, '--signer-quorum-key', '04ff'),
      '--signer-quorum-key is no P-256 public key',
    ],
  ])('%j is refused in one line', async (words, text) => {
    expect(await shell.fails(words)).toContain(text)
  })
})

describe('generate encryption-key', () => {
  test('writes files as the original does', async () => {
    await shell.does(generate('encryption-key', '--user', user))
    for (const extension of ['public', 'private', 'meta']) {
      const shape = (text = '') => text.replaceAll(/[0-9a-f]{60,}/g, ({ length }) => `${length}`)
      const theirs = turnkey.files[`encryption-keys/default.${extension}`]
      expect(shape(shell.read(`${encryptionKeys}/default.${extension}`))).toBe(shape(theirs))
    }
  })

  test('keeps the signer that it is told to believe, in the form of bundles', async () => {
    const compressed = turnkey.files['keys/p256.public'] ?? ''
    const words = generate('encryption-key', '--user', user, '--signer-quorum-key', compressed)
    await shell.does(words)
    const meta = JSON.parse(shell.read(`${encryptionKeys}/default.meta`)) as object
    expect(meta).toMatchObject({
      organization,
      user,
      signer_quorum_key: expect.stringMatching(`^04${compressed.slice(2)}[0-9a-f]{64}$`) as unknown,
    })
  })
})

describe('files of the original', () => {
  beforeEach(() => {
    for (const [name, content] of Object.entries(turnkey.files)) {
      shell.write(`.config/turnkey/${name}`, content)
    }
  })

  test.each(curves)('a %s key stamps as the original does', async (curve) => {
    const { stamp } = await shell.does<{ stamp: string }>(preview('-k', curve))
    const theirs = parseStamp(turnkey.stamps[curve])
    const ours = parseStamp(stamp)
    expect({ ...ours, signature: '' }).toEqual({ ...theirs, signature: '' })
    expect(isValid(curve, theirs, turnkey.body)).toBe(true)
    expect(isValid(curve, ours, turnkey.body)).toBe(true)
    expect(isValid(curve, ours, `${turnkey.body} `)).toBe(false)
  })

  test('a key without a curve, as older versions wrote it, is P-256', async () => {
    const older = (turnkey.files['keys/p256.private'] ?? '').replace(':p256', '')
    shell.write('other/old.private', `${older}\n`)
    for (const words of [
      ['-k', 'old', '-d', shell.path('other')],
      ['-k', shell.path('other/old.private')],
      ['-k', shell.path('other/old')],
    ]) {
      const { stamp } = await shell.does<{ stamp: string }>(preview(...words))
      expect(parseStamp(stamp).publicKey).toBe(turnkey.files['keys/p256.public'])
    }
  })

  test('XDG_CONFIG_HOME says where they are', async () => {
    vi.stubEnv('XDG_CONFIG_HOME', shell.path('.config'))
    vi.stubEnv('HOME', '/nonexistent')
    expect(await shell.does(preview('-k', 'p256'))).toHaveProperty('stamp')
  })

  test.each([
    ['there is no file', 'there is no key `mine`', {}],
    ['there is no folder', 'there is no folder gone', { folder: 'gone' }],
    ['it is no key', 'holds no API key', { private: 'hello' }],
    ['the curve is unknown', 'holds no API key', { private: `${'11'.repeat(32)}:p384` }],
    ['it is too short', 'holds no API key', { private: '11:p256' }],
    ['it is zero', 'holds no API key', { private: '00'.repeat(32) }],
    ['its halves do not match', 'holds no API key', { private: `${'11'.repeat(64)}:ed25519` }],
    [
      '.meta is another key’s',
      'belongs to another key',
      { private: '11'.repeat(32), meta: '{"public_key":"02"}' },
    ],
    [
      '.meta is no object',
      'mine.meta is not a JSON object',
      { private: '11'.repeat(32), meta: '[' },
    ],
  ])(
    'when %s, one line says so',
    async (_case, text, { folder, ...files }: Record<string, string>) => {
      for (const [extension, content] of Object.entries(files)) {
        shell.write(`${keys}/mine.${extension}`, content)
      }
      const error = await shell.fails(preview('-k', 'mine', ...(folder ? ['-d', folder] : [])))
      expect(error).toContain(text)
      expect(error).not.toContain('11111111')
    },
  )

  test('without a key of any kind, one line says what to name', async () => {
    vi.stubEnv('XDG_CONFIG_HOME', shell.path('empty'))
    expect(await shell.fails(preview())).toContain('name one with --key or --key-name')
  })
})
