// Schnorr signatures and taproot keys against BIP-340 and BIP-341.
import { schnorr } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SignatureHashes } from '../src/node/bitcoin/sighash.ts'
import { readUnsignedTransaction } from '../src/node/bitcoin/transaction.ts'
import {
  bitcoinAddressOf,
  generatePrivateKey,
  publicKeyOf,
  signSchnorr,
  taprootOutputKey,
  taprootPrivateKey,
  verifySchnorr,
} from '../src/node/index.ts'
import { hex, loadVectors } from './vectors.ts'

type SchnorrRow = Readonly<{
  index: number
  secretKey: string
  publicKey: string
  auxRand: string
  message: string
  signature: string
  result: boolean
  comment: string
}>
type OutputRow = Readonly<{
  internalPubkey: string
  merkleRoot: string | null
  tweakedPubkey: string
  scriptPubKey: string
  address: string
}>
type KeyPathRow = Readonly<{
  rawUnsignedTx: string
  utxosSpent: readonly { scriptPubKey: string; amountSats: number }[]
  txinIndex: number
  internalPrivkey: string
  merkleRoot: string | null
  hashType: number
  tweakedPrivkey: string
  internalPubkey: string
  sigHash: string
  witness: string
}>

const signatures = loadVectors<SchnorrRow[]>('bip340.json')
const outputs = loadVectors<OutputRow[]>('bip341-outputs.json')
const keyPaths = loadVectors<KeyPathRow[]>('bip341-key-path.json')

const rootOf = (root: string | null) => (root === null ? undefined : hex(root))
const xOf = (privateKey: Buffer) => publicKeyOf('secp256k1', privateKey).subarray(1)

test('the vectors are all here', () => {
  expect([signatures.length, outputs.length, keyPaths.length]).toEqual([19, 7, 7])
  expect(signatures.filter(({ result }) => result).length).toBe(9)
})

describe('BIP-340', () => {
  test.each(signatures)('verifies row $index as published', (row) => {
    const { publicKey, message, signature, result } = row
    expect(verifySchnorr(hex(publicKey), hex(message), hex(signature))).toBe(result)
  })

  // The others have randomness, which our signatures are without.
  const deterministic = signatures.filter(
    ({ secretKey, auxRand }) => secretKey !== '' && /^0+$/.test(auxRand),
  )

  test('five rows have no randomness', () => {
    expect(deterministic.map(({ index }) => index)).toEqual([0, 15, 16, 17, 18])
  })

  test.each(deterministic)('signs row $index as published', (row) => {
    const { secretKey, publicKey, message, signature } = row
    expect(xOf(hex(secretKey))).toEqual(hex(publicKey))
    expect(signSchnorr(hex(secretKey), hex(message))).toEqual(hex(signature))
  })

  test.each(signatures.filter(({ secretKey }) => secretKey !== ''))(
    'signs the message of row $index so that it verifies',
    ({ secretKey, publicKey, message }) => {
      const signature = signSchnorr(hex(secretKey), hex(message))
      expect(schnorr.verify(signature, hex(message), hex(publicKey))).toBe(true)
    },
  )

  test('signs as another implementation does, with keys whose points have even and odd y', () => {
    const parities = new Set<string>()
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 80 })
    fc.assert(
      fc.property(bytes, (message) => {
        const privateKey = generatePrivateKey('secp256k1')
        parities.add(publicKeyOf('secp256k1', privateKey).toString('hex', 0, 1))
        const theirs = schnorr.sign(message, privateKey, new Uint8Array(32))
        expect(signSchnorr(privateKey, message)).toEqual(Buffer.from(theirs))
      }),
      { numRuns: 40 },
    )
    expect([...parities].sort()).toEqual(['02', '03'])
  })

  test('does not change the key that it is given', () => {
    const privateKey = Buffer.alloc(32, 0x11)
    signSchnorr(privateKey, Buffer.alloc(32))
    taprootPrivateKey(privateKey)
    expect(privateKey).toEqual(Buffer.alloc(32, 0x11))
  })

  test('refuses what is no private key, and no signature of no key', () => {
    for (const bad of [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.alloc(31, 1)]) {
      expect(() => signSchnorr(bad, Buffer.alloc(32))).toThrow('not a private key for secp256k1')
      expect(() => taprootPrivateKey(bad)).toThrow('not a private key for secp256k1')
    }
    const x = xOf(Buffer.alloc(32, 0x11))
    const signature = signSchnorr(Buffer.alloc(32, 0x11), Buffer.alloc(32))
    expect(verifySchnorr(x, Buffer.alloc(32), signature)).toBe(true)
    expect(verifySchnorr(x.subarray(1), Buffer.alloc(32), signature)).toBe(false)
    expect(verifySchnorr(x, Buffer.alloc(32), signature.subarray(1))).toBe(false)
    expect(verifySchnorr(x, Buffer.alloc(32, 1), signature)).toBe(false)
  })
})

describe('BIP-341', () => {
  test.each(outputs)('the output of $internalPubkey', (row) => {
    const { internalPubkey, merkleRoot, tweakedPubkey, scriptPubKey, address } = row
    const internal = Buffer.concat([Buffer.of(2), hex(internalPubkey)])
    expect(taprootOutputKey(internal, rootOf(merkleRoot))).toEqual(hex(tweakedPubkey))
    expect(bitcoinAddressOf('mainnet', hex(scriptPubKey))).toBe(address)
  })

  test.each(keyPaths)('the key and the signature of input $txinIndex', (row) => {
    const privateKey = hex(row.internalPrivkey)
    const tweaked = taprootPrivateKey(privateKey, rootOf(row.merkleRoot))
    const publicKey = publicKeyOf('secp256k1', privateKey)
    expect(publicKey.subarray(1)).toEqual(hex(row.internalPubkey))
    expect(tweaked).toEqual(hex(row.tweakedPrivkey))
    expect(taprootOutputKey(publicKey, rootOf(row.merkleRoot))).toEqual(xOf(tweaked))
    const signature = signSchnorr(tweaked, hex(row.sigHash))
    expect(signature).toEqual(hex(row.witness).subarray(0, 64))
  })

  const everything = keyPaths.filter(({ hashType }) => hashType <= 1)

  test('two inputs sign everything', () => {
    expect(everything.length).toBe(2)
  })

  test.each(everything)('the digest of input $txinIndex', (row) => {
    const tx = readUnsignedTransaction(hex(row.rawUnsignedTx), 'the transaction')
    const spent = row.utxosSpent.map(({ scriptPubKey, amountSats }) => ({
      script: hex(scriptPubKey),
      amount: BigInt(amountSats),
    }))
    const type = row.hashType === 0 ? 0 : 1
    expect(new SignatureHashes(tx, spent).taproot(row.txinIndex, type)).toEqual(hex(row.sigHash))
  })
})
