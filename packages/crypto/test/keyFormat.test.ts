// Spellings of private keys: published examples, and what the published client decodes alike.
import { blake2b } from '@noble/hashes/blake2.js'
import { encryptPrivateKeyToBundle } from '@turnkey/crypto'
import { describe, expect, test } from 'vitest'
import {
  encodeAddress,
  hpkeRecipient,
  type KeyFormat,
  keyFormats,
  openMessage,
  parseSealedMessage,
  publicKeyOf,
  signBundle,
  uncompressPublicKey,
} from '../src/node/index.ts'

const signerKey = Buffer.alloc(32, 0x55)
const targetKey = Buffer.alloc(32, 0x22)
const organizationId = '11111111-2222-4333-8444-555555555555'
const uncompressed = (key: Buffer) =>
  uncompressPublicKey('p256', publicKeyOf('p256', key)).toString('hex')

/** The bytes that `@turnkey/crypto` encrypts for a key that is spelled so. */
async function decodedByClient(keyFormat: string, privateKey: string): Promise<string> {
  const target = { targetPublic: uncompressed(targetKey), organizationId, userId: organizationId }
  const bundle = await encryptPrivateKeyToBundle({
    privateKey,
    keyFormat,
    importBundle: signBundle(signerKey, target),
    userId: organizationId,
    organizationId,
    dangerouslyOverrideSignerPublicKey: uncompressed(signerKey),
  })
  const sealed = parseSealedMessage(bundle)
  return sealed === undefined ? '' : openMessage(hpkeRecipient(targetKey), sealed).toString('hex')
}

const secret = '0c28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d'
/** Of page 144. */
const onPage = '13eff5b3f9c63eab5d53cff5149f01606b69325496e0e98b53afa938d890cd2e'
const solanaOnPage =
  '2P3qgS5A18gGmZJmYHNxYrDYPyfm6S3dJgs8tPW6ki6i2o4yx7K8r5N8CF7JpEtQiW8mx1kSktpgyDG1xuWNzfsM'

test.each([
  ['hexadecimal', onPage, onPage],
  ['hexadecimal', `0x${onPage}`, onPage],
  ['hexadecimal', `0X${onPage.toUpperCase()}`, onPage],
  // bitcoin wiki, "Wallet import format"
  ['wif', '5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ', secret],
  ['wif', 'KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617', secret],
] as const)('%s %s is read', (format, text, hex) => {
  expect(keyFormats[format].decode(text)?.toString('hex')).toBe(hex)
})

test('a Solana key of the documents has the address that is its second half', () => {
  const key = keyFormats.solana.decode(solanaOnPage)
  expect(keyFormats.solana.encode(key ?? Buffer.of())).toBe(solanaOnPage)
})

// @mysten/sui, test/unit/cryptography/ed25519-keypair.test.ts: a key and its address
test('a Sui key is spelled as the chain’s own client does', () => {
  const text = 'suiprivkey1qrwsjvr6gwaxmsvxk4cfun99ra8uwxg3c9pl0nhle7xxpe4s80y05ctazer'
  const key = keyFormats.sui.decode(text)
  expect(keyFormats.sui.encode(key ?? Buffer.of())).toBe(text)
  const flagged = Buffer.of(0, ...publicKeyOf('ed25519', key ?? Buffer.of()))
  expect(Buffer.from(blake2b(flagged, { dkLen: 32 })).toString('hex')).toBe(
    'a2d14fad60c56049ecf75246a481934691214ce413e6a8ae2fe6834c173a6133',
  )
})

test.each(['hexadecimal', 'solana'] as const)('%s is read by the client alike', async (format) => {
  const text = keyFormats[format].encode(Buffer.from(secret, 'hex'))
  expect(await decodedByClient(format.toUpperCase(), text)).toBe(secret)
})

describe.each(Object.keys(keyFormats) as KeyFormat[])('%s', (format) => {
  const key = Buffer.from(secret, 'hex')
  const { decode, encode } = keyFormats[format]

  test('is read back', () => {
    expect(decode(encode(key))).toEqual(key)
  })

  test('refuses every change of a character, and every other length', () => {
    const text = encode(key)
    const changed = Array.from(text, (character, at) => {
      const other = format === 'hexadecimal' ? 'g' : character === 'q' ? 'p' : 'q'
      return text.slice(0, at) + other + text.slice(at + 1)
    })
    expect(changed.filter((one) => decode(one) !== undefined)).toEqual([])
    const lengths = ['', text.slice(1), text.slice(0, -2), `${text}${text}`, `${text} `, 'é']
    expect(lengths.filter((one) => decode(one) !== undefined)).toEqual([])
  })

  test('refuses what another format spells', () => {
    const others = Object.entries(keyFormats).filter(([name]) => name !== format)
    expect(others.map(([, other]) => decode(other.encode(key)))).toEqual(
      others.map(() => undefined),
    )
  })
})

test('a Solana key whose halves do not belong together is refused', () => {
  const key = Buffer.from(secret, 'hex')
  const address = encodeAddress('solana', 'ed25519', publicKeyOf('ed25519', key))
  expect(keyFormats.solana.encode(key)).not.toContain(address)
  expect(keyFormats.solana.decode(solanaOnPage.replace('2P', '2Q'))).toBeUndefined()
})

test('names of a plain object are no formats', () => {
  expect('constructor' in keyFormats).toBe(false)
})
