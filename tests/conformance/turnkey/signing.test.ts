// The official TypeScript clients, unmodified: wallets on every curve, and signatures that verify.
import { createPublicKey, ECDH, verify } from 'node:crypto'
import {
  hashMessage,
  keccak256,
  recoverAddress,
  recoverPublicKey,
  sha256,
  stringToHex,
  toHex,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../../support/server.ts'
import { clientVersions, officialClient, PATHS, startWorld, type World } from './world.ts'

/** COMPAT: the types of 4.1.1 do not name this curve, and its code passes it on. */
const P256 = 'CURVE_P256' as string as 'CURVE_SECP256K1'

const account = { pathFormat: 'PATH_FORMAT_BIP32' } as const
const ACCOUNTS = [
  {
    ...account,
    curve: 'CURVE_SECP256K1',
    path: PATHS.ethereum,
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  },
  {
    ...account,
    curve: 'CURVE_SECP256K1',
    path: "m/0'/0",
    addressFormat: 'ADDRESS_FORMAT_COMPRESSED',
  },
  {
    ...account,
    curve: 'CURVE_SECP256K1',
    path: "m/0'/1",
    addressFormat: 'ADDRESS_FORMAT_UNCOMPRESSED',
  },
  {
    ...account,
    curve: 'CURVE_ED25519',
    path: PATHS.solana,
    addressFormat: 'ADDRESS_FORMAT_SOLANA',
  },
  {
    ...account,
    curve: 'CURVE_ED25519',
    path: "m/0'/2'",
    addressFormat: 'ADDRESS_FORMAT_COMPRESSED',
  },
  { ...account, curve: P256, path: "m/0'/3", addressFormat: 'ADDRESS_FORMAT_COMPRESSED' },
  { ...account, curve: P256, path: "m/0'/4", addressFormat: 'ADDRESS_FORMAT_UNCOMPRESSED' },
] as const

const TEXT = 'Grüße 🌍'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function decodeBase58(text: string): Buffer {
  let value = 0n
  for (const letter of text) value = value * 58n + BigInt(BASE58.indexOf(letter))
  const zeros = /^1*/.exec(text)?.[0].length ?? 0
  const hex = value === 0n ? '' : value.toString(16)
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(digits, 'hex')])
}

interface Signed {
  r: string
  s: string
  v: string
}

const joined = ({ r, s, v }: Signed) => `0x${r}${s}${v === '00' ? '1b' : '1c'}` as const

function expectWireForm({ r, s, v }: Signed): void {
  expect(r).toMatch(/^[0-9a-f]{64}$/)
  expect(s).toMatch(/^[0-9a-f]{64}$/)
  expect(['00', '01']).toContain(v)
}

/** Node's own verification, of `r ‖ s` over SHA-256 of the message. */
function verifiesEcdsa(
  curve: 'secp256k1' | 'prime256v1',
  address: string,
  signed: Signed,
): boolean {
  const point = ECDH.convertKey(address, curve, 'hex', 'hex', 'uncompressed').toString()
  const x = Buffer.from(point.slice(2, 66), 'hex').toString('base64url')
  const y = Buffer.from(point.slice(66), 'hex').toString('base64url')
  const crv = curve === 'prime256v1' ? 'P-256' : 'secp256k1'
  const key = createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' })
  const proof = Buffer.from(signed.r + signed.s, 'hex')
  return verify('sha256', Buffer.from(TEXT), { key, dsaEncoding: 'ieee-p1363' }, proof)
}

function verifiesEd25519(publicKey: Buffer, { r, s }: Signed): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return verify(null, Buffer.from(TEXT), key, Buffer.from(r + s, 'hex'))
}

describe.each(engines)('signing on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    let addresses: string[]
    const client = () => officialClient(version, world.admin)
    const addressAt = (index: number) => {
      const address = addresses[index]
      if (address === undefined) throw new Error(`no address ${index}`)
      return address
    }
    const sign = async (
      signWith: string,
      what: {
        payload: string
        encoding: 'HEXADECIMAL' | 'TEXT_UTF8'
        hash: 'KECCAK256' | 'SHA256' | 'NO_OP' | 'NOT_APPLICABLE'
      },
    ): Promise<Signed> => {
      const signed = await client().signRawPayload({
        signWith,
        payload: what.payload,
        encoding: `PAYLOAD_ENCODING_${what.encoding}`,
        hashFunction: `HASH_FUNCTION_${what.hash}`,
      })
      expect(signed.activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
      expectWireForm(signed)
      return { r: signed.r, s: signed.s, v: signed.v }
    }

    beforeAll(async () => {
      const made = await client().createWallet({
        walletName: `wallet of ${version}`,
        accounts: [...ACCOUNTS],
        mnemonicLength: 24,
      })
      addresses = made.addresses
    })

    test('says who the caller is', async () => {
      expect(await client().getWhoami()).toEqual({
        organizationId: world.organizationId,
        organizationName: 'Keystead',
        userId: world.server.admin.userId,
        username: 'admin',
      })
    })

    test('makes addresses in the order and the formats asked for', () => {
      const formats = [
        /^0x[0-9a-fA-F]{40}$/,
        /^0[23][0-9a-f]{64}$/,
        /^04[0-9a-f]{128}$/,
        /^[1-9A-HJ-NP-Za-km-z]{32,44}$/,
        /^[0-9a-f]{64}$/,
        /^0[23][0-9a-f]{64}$/,
        /^04[0-9a-f]{128}$/,
      ]
      expect(addresses).toHaveLength(formats.length)
      for (const [index, format] of formats.entries()) expect(addressAt(index)).toMatch(format)
    })

    const textHex = stringToHex(TEXT)
    test.each([
      [
        'text, keccak256',
        { payload: TEXT, encoding: 'TEXT_UTF8', hash: 'KECCAK256' },
        keccak256(textHex),
      ],
      ['text, sha256', { payload: TEXT, encoding: 'TEXT_UTF8', hash: 'SHA256' }, sha256(textHex)],
      [
        '0x hexadecimal, keccak256',
        { payload: textHex, encoding: 'HEXADECIMAL', hash: 'KECCAK256' },
        keccak256(textHex),
      ],
      [
        'bare hexadecimal, sha256',
        { payload: textHex.slice(2), encoding: 'HEXADECIMAL', hash: 'SHA256' },
        sha256(textHex),
      ],
      [
        'upper-case hexadecimal',
        { payload: textHex.slice(2).toUpperCase(), encoding: 'HEXADECIMAL', hash: 'KECCAK256' },
        keccak256(textHex),
      ],
      [
        'a digest, no-op',
        { payload: hashMessage(TEXT), encoding: 'HEXADECIMAL', hash: 'NO_OP' },
        hashMessage(TEXT),
      ],
      [
        'a bare digest, no-op',
        { payload: hashMessage('b').slice(2), encoding: 'HEXADECIMAL', hash: 'NO_OP' },
        hashMessage('b'),
      ],
    ] as const)(
      'viem recovers the address from a secp256k1 signature: %s',
      async (_name, what, hash) => {
        const signed = await sign(addressAt(0), what)
        expect(await recoverAddress({ hash, signature: joined(signed) })).toBe(addressAt(0))
      },
    )

    test('the public key recovered from a signature is the uncompressed address', async () => {
      const hash = sha256(textHex)
      const what = { payload: TEXT, encoding: 'TEXT_UTF8', hash: 'SHA256' } as const
      const signed = await sign(addressAt(2), what)
      expect(await recoverPublicKey({ hash, signature: joined(signed) })).toBe(`0x${addressAt(2)}`)
    })

    test.each([
      ['compressed secp256k1', 1, 'secp256k1'],
      ['uncompressed secp256k1', 2, 'secp256k1'],
      ['compressed P-256', 5, 'prime256v1'],
      ['uncompressed P-256', 6, 'prime256v1'],
    ] as const)('a signature verifies against the address: %s', async (_name, index, curve) => {
      const what = { payload: TEXT, encoding: 'TEXT_UTF8', hash: 'SHA256' } as const
      const signed = await sign(addressAt(index), what)
      expect(verifiesEcdsa(curve, addressAt(index), signed)).toBe(true)
    })

    test('an Ed25519 signature verifies against the Solana address', async () => {
      const what = { payload: TEXT, encoding: 'TEXT_UTF8', hash: 'NOT_APPLICABLE' } as const
      const solana = await sign(addressAt(3), what)
      expect(solana.v).toBe('00')
      expect(verifiesEd25519(decodeBase58(addressAt(3)), solana)).toBe(true)
      const compressed = await sign(addressAt(4), what)
      expect(verifiesEd25519(Buffer.from(addressAt(4), 'hex'), compressed)).toBe(true)
    })

    test('signs with an EVM address in any case', async () => {
      const hash = keccak256(toHex('case'))
      const what = { payload: 'case', encoding: 'TEXT_UTF8', hash: 'KECCAK256' } as const
      const signed = await sign(addressAt(0).toLowerCase(), what)
      expect(await recoverAddress({ hash, signature: joined(signed) })).toBe(addressAt(0))
    })

    test('both recovery ids occur, and s is in the lower half', async () => {
      const half = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
      const seen = new Set<string>()
      for (let n = 0; n < 40; n++) {
        const what = { payload: `m${n}`, encoding: 'TEXT_UTF8', hash: 'SHA256' } as const
        const signed = await sign(addressAt(0), what)
        expect(BigInt(`0x${signed.s}`) <= half).toBe(true)
        seen.add(signed.v)
      }
      expect([...seen].sort()).toEqual(['00', '01'])
    })

    test.each([
      ['NOT_APPLICABLE with secp256k1', 0, 'NOT_APPLICABLE', 'aa', 'invalid hash function'],
      ['KECCAK256 with Ed25519', 3, 'KECCAK256', 'aa', 'invalid hash function'],
      ['NO_OP with 31 bytes', 0, 'NO_OP', 'aa'.repeat(31), 'invalid payload'],
      ['NO_OP with 33 bytes', 0, 'NO_OP', 'aa'.repeat(33), 'invalid payload'],
      ['odd hexadecimal', 0, 'KECCAK256', 'abc', 'invalid payload encoding'],
      ['no hexadecimal', 0, 'KECCAK256', '0xzz', 'invalid payload encoding'],
    ] as const)('refuses %s', async (...row) => {
      const [, index, hash, payload, message] = row
      const refused = client().signRawPayload({
        signWith: addressAt(index),
        payload,
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: `HASH_FUNCTION_${hash}`,
      })
      await expect(refused).rejects.toThrow(`Turnkey error 3: ${message}`)
    })

    test('an unknown address is not found', async () => {
      const refused = client().signRawPayload({
        signWith: `0x${'00'.repeat(20)}`,
        payload: 'aa',
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      })
      await expect(refused).rejects.toThrow('Turnkey error 5:')
    })
  })
})
