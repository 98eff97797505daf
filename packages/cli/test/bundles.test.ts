// `encrypt` and `decrypt`, which ask no server: whom they believe, what they print, what they refuse.
import { chmodSync, statSync } from 'node:fs'
import { decryptExportBundle, encryptWalletToBundle } from '@turnkey/crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  encodeAddress,
  generatePrivateKey,
  hpkeRecipient,
  keyFormats,
  openMessage,
  parseSealedMessage,
  publicKeyOf,
  sealMessage,
  signBundle,
  uncompressPublicKey,
} from '@keystead/crypto/node'
import { Shell } from './shell.ts'

const organization = '11111111-2222-4333-8444-555555555555'
const user = '66666666-7777-4888-8999-aaaaaaaaaaaa'
const other = '99999999-9999-4999-8999-999999999999'
const mnemonic = 'test test test test test test test test test test test junk'
const privateKey = Buffer.from('4c'.repeat(32), 'hex')

const uncompressed = (key: Buffer) =>
  uncompressPublicKey('p256', publicKeyOf('p256', key)).toString('hex')
const signerKey = generatePrivateKey('p256')
const signer = uncompressed(signerKey)
const targetKey = generatePrivateKey('p256')
const target = hpkeRecipient(targetKey)

let shell: Shell
beforeEach(async () => {
  shell = new Shell()
  await generate('default', '--signer-quorum-key', signer)
})
afterEach(() => shell.dispose())

function generate(name: string, ...words: string[]) {
  const named = ['--organization', organization, '--user', user, '--encryption-key-name', name]
  return shell.does(['generate', 'encryption-key', ...named, ...words])
}

function encryptionKey(): Buffer {
  return Buffer.from(shell.read('.config/turnkey/encryption-keys/default.private'), 'hex')
}

function importBundle(fields: Record<string, string> = {}, by = signerKey): string {
  const targetPublic = Buffer.from(target.publicKey).toString('hex')
  const data = { targetPublic, organizationId: organization, userId: user, ...fields }
  return shell.write('import.txt', `${signBundle(by, data)}\n`)
}

function exportBundle(plaintext: string | Buffer, fields = {}, by = signerKey): string {
  const { enc, ciphertext } = sealMessage(
    publicKeyOf('p256', encryptionKey()),
    Buffer.from(plaintext),
  )
  const data = {
    encappedPublic: enc.toString('hex'),
    ciphertext: ciphertext.toString('hex'),
    organizationId: organization,
    ...fields,
  }
  return shell.write('export.txt', signBundle(by, data))
}

function encrypt(plaintext: string, ...words: string[]): string[] {
  const input = `--import-bundle-input=${shell.path('import.txt')}`
  const text = `--plaintext-input=${shell.write('plaintext.txt', plaintext)}`
  return [
    'encrypt',
    input,
    text,
    `--encrypted-bundle-output=${shell.path('encrypted.txt')}`,
    ...words,
  ]
}

function decrypt(...words: string[]): string[] {
  return ['decrypt', `--export-bundle-input=${shell.path('export.txt')}`, ...words]
}

/** What the target of the import reads. */
function received(): Buffer {
  const sealed = parseSealedMessage(shell.read('encrypted.txt'))
  if (sealed === undefined) throw new Error('no sealed message')
  return openMessage(target, sealed)
}

describe('encrypt', () => {
  test('writes what the import target can read, in the shape of the published client', async () => {
    const bundle = importBundle()
    expect(await shell.run(encrypt(`${mnemonic}\n`))).toEqual({ code: 0, stdout: '' })
    expect(received().toString()).toBe(mnemonic)
    const theirs = await encryptWalletToBundle({
      mnemonic,
      importBundle: shell.read('import.txt'),
      userId: user,
      organizationId: organization,
      dangerouslyOverrideSignerPublicKey: signer,
    })
    const shape = (text: string) => text.replaceAll(/[0-9a-f]{9,}/g, ({ length }) => `${length}`)
    expect(shape(shell.read('encrypted.txt'))).toBe(shape(theirs))
    expect(bundle).toBe(shell.path('import.txt'))
  })

  test('puts a passphrase behind its mark, with the spaces that belong to it', async () => {
    importBundle()
    const file = shell.write('passphrase.txt', ' TREZOR \n')
    await shell.run(encrypt(mnemonic, '--passphrase-input', file))
    expect(received().toString()).toBe(`${mnemonic}\n--PASS--\n TREZOR `)
    const twice = encrypt(mnemonic, '--passphrase-input', shell.path('plaintext.txt'))
    expect(await shell.fails(twice)).toBe('plaintext and passphrase are two inputs')
    const key = encrypt(privateKey.toString('hex'), '--passphrase-input', file)
    expect(await shell.fails([...key, '--key-format', 'hexadecimal'])).toContain('only a mnemonic')
  })

  test.each(['hexadecimal', 'solana', 'wif', 'wif-testnet', 'sui'] as const)(
    'reads a private key in the format %s',
    async (format) => {
      importBundle()
      const words = encrypt(keyFormats[format].encode(privateKey), '--key-format', format)
      expect(await shell.run(words)).toEqual({ code: 0, stdout: '' })
      expect(received()).toEqual(privateKey)
    },
  )

  test('writes for the owner only, where others could read before too', async () => {
    importBundle()
    chmodSync(shell.write('encrypted.txt', 'older'), 0o644)
    await shell.run(encrypt(mnemonic))
    expect(statSync(shell.path('encrypted.txt')).mode & 0o777).toBe(0o600)
  })

  test.each([
    { plaintext: 'abcd', format: 'hexadecimal', text: 'not a private key of 32 bytes in the' },
    { plaintext: mnemonic, format: 'solana', text: 'in the format solana' },
    {
      plaintext: mnemonic,
      format: 'base64',
      text: '--key-format is mnemonic, hexadecimal, solana',
    },
    { plaintext: mnemonic, format: 'constructor', text: 'not `constructor`' },
  ])('refuses $plaintext as $format, and never repeats it', async (row) => {
    const { plaintext, format, text } = row
    importBundle()
    const error = await shell.fails(encrypt(plaintext, '--key-format', format))
    expect(error).toContain(text)
    expect(error).not.toContain(plaintext)
    expect(shell.files('.')).not.toContain('encrypted.txt')
  })

  test.each([
    [
      'another organization',
      { organizationId: other },
      `is for organizationId ${other}, not ${organization}`,
    ],
    ['another user', { userId: other }, `is for userId ${other}, not ${user}`],
    ['no target', { targetPublic: 'zz' }, 'is no import bundle'],
    ['a target that is no key', { targetPublic: '04'.repeat(65) }, 'is no import bundle'],
  ])('refuses a bundle with %s', async (_case, fields, text) => {
    importBundle(fields)
    expect(await shell.fails(encrypt(mnemonic))).toContain(text)
  })
})

describe('decrypt', () => {
  test('prints the mnemonic, as the published client reads it', async () => {
    exportBundle(mnemonic)
    expect(await shell.does(decrypt())).toBe(mnemonic)
    const theirs = await decryptExportBundle({
      exportBundle: shell.read('export.txt'),
      organizationId: organization,
      embeddedKey: encryptionKey().toString('hex'),
      dangerouslyOverrideSignerPublicKey: signer,
      returnMnemonic: true,
    })
    expect(theirs).toBe(mnemonic)
  })

  test('prints a private key in hexadecimal, or as a wallet of the chain reads it', async () => {
    exportBundle(privateKey)
    expect(await shell.does(decrypt())).toBe(privateKey.toString('hex'))
    const address = encodeAddress('solana', 'ed25519', publicKeyOf('ed25519', privateKey))
    const solana = await shell.does(decrypt('--solana-address', address))
    expect(solana).toBe(keyFormats.solana.encode(privateKey))
    expect(await shell.does(decrypt('--key-format', 'wif'))).toBe(keyFormats.wif.encode(privateKey))
  })

  test('into a file prints nothing, and the file is the owner’s alone', async () => {
    exportBundle(mnemonic)
    chmodSync(shell.write('out.txt', ''), 0o644)
    const ended = await shell.run(decrypt('--plaintext-output', shell.path('out.txt')))
    expect(ended).toEqual({ code: 0, stdout: '' })
    expect(shell.read('out.txt')).toBe(mnemonic)
    expect(statSync(shell.path('out.txt')).mode & 0o777).toBe(0o600)
  })

  test('refuses a Solana address of another key, and a format that the content has not', async () => {
    exportBundle(privateKey)
    const address = '11111111111111111111111111111111'
    expect(await shell.fails(decrypt('--solana-address', address))).toContain('is not the one of')
    const words = decrypt('--key-format', 'mnemonic')
    expect(await shell.fails(words)).toContain('the bundle holds a private key')
    exportBundle(mnemonic)
    expect(await shell.fails(decrypt('--key-format', 'sui'))).toContain('holds a mnemonic')
  })

  test('refuses a bundle for another encryption key', async () => {
    exportBundle(mnemonic)
    await generate('second', '--signer-quorum-key', signer)
    const error = await shell.fails(decrypt('--encryption-key-name', 'second'))
    expect(error).toContain('was encrypted to another key')
  })

  test('refuses a bundle of another organization', async () => {
    exportBundle(mnemonic, { organizationId: other })
    expect(await shell.fails(decrypt())).toContain(`is for organizationId ${other}`)
  })

  test('refuses a bundle with any part changed', async () => {
    exportBundle(mnemonic)
    const bundle = JSON.parse(shell.read('export.txt')) as Record<string, string>
    const { data = '', dataSignature = '' } = bundle
    const flip = (hex: string, at: number) =>
      hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1)
    for (const changed of [
      { ...bundle, data: flip(data, 40) },
      { ...bundle, data: flip(data, data.length - 1) },
      { ...bundle, dataSignature: flip(dataSignature, 20) },
      { ...bundle, dataSignature: '' },
      { ...bundle, data: '' },
      { version: 'v1.0.0' },
    ]) {
      shell.write('export.txt', JSON.stringify(changed))
      expect(await shell.fails(decrypt())).toContain('export.txt is no bundle signed by')
    }
  })

  test('takes an import bundle for none of its own', async () => {
    importBundle()
    const words = ['decrypt', '--export-bundle-input', shell.path('import.txt')]
    expect(await shell.fails(words)).toContain('import.txt is no export bundle')
  })
})

describe('whose signature is believed', () => {
  test('the flag’s, before the one that the encryption key remembers', async () => {
    const stranger = generatePrivateKey('p256')
    importBundle({}, stranger)
    expect(await shell.fails(encrypt(mnemonic))).toContain('of the encryption key')
    const words = encrypt(mnemonic, '--signer-quorum-key', uncompressed(stranger))
    expect(await shell.run(words)).toEqual({ code: 0, stdout: '' })
    exportBundle(mnemonic)
    expect(await shell.fails(decrypt('--signer-quorum-key', uncompressed(stranger)))).toContain(
      'of --signer-quorum-key',
    )
  })

  test('nobody’s that is not named: the bundle’s own word for it counts nothing', async () => {
    await generate('naive')
    importBundle()
    const error = await shell.fails(encrypt(mnemonic, '--encryption-key-name', 'naive'))
    expect(error).toContain('--signer-quorum-key is required')
    expect(error).toContain('keystead keys show')
  })

  test.each(['04ff', 'zz', '04'.repeat(65)])('not that of the flag %s', async (flag) => {
    importBundle()
    const error = await shell.fails(encrypt(mnemonic, '--signer-quorum-key', flag))
    expect(error).toContain('--signer-quorum-key is no P-256 public key')
  })
})

describe('what is missing', () => {
  test.each([
    [['encrypt'], '--import-bundle-input is required'],
    [['encrypt', '--import-bundle-input', 'x'], '--encrypted-bundle-output is required'],
    [['decrypt'], '--export-bundle-input is required'],
    [['decrypt', '--export-bundle-input', '/nonexistent/file'], 'cannot read /nonexistent/file'],
    [
      ['decrypt', '--export-bundle-input', 'x', '--encryption-key-name', 'none'],
      'make one with `keystead generate encryption-key`',
    ],
  ])('%j is refused in one line', async (words, text) => {
    expect(await shell.fails(words)).toContain(text)
  })

  test('an output folder that is not there is named', async () => {
    exportBundle(mnemonic)
    const words = decrypt('--plaintext-output', shell.path('nowhere/out.txt'))
    const error = await shell.fails(words)
    expect(error).toContain(`cannot write ${shell.path('nowhere/out.txt')}`)
    expect(error).not.toContain('junk')
  })
})
