// How people write the 32 bytes of a private key: hexadecimal, and what wallets of a chain export.
import { base58, bech32, createBase58check } from '@scure/base'
import { decodeHex } from './encoding.ts'
import { equalBytes, sha256 } from './hash.ts'
import { isPrivateKey, publicKeyOf } from './privateKey.ts'

/** The name of a row of {@link keyFormats}. */
export type KeyFormat = 'hexadecimal' | 'solana' | 'wif' | 'wif-testnet' | 'sui'

/** One spelling. `decode` is undefined for anything but 32 bytes that are spelled that way. */
export type KeyFormatRow = Readonly<{
  decode: (text: string) => Buffer | undefined
  encode: (privateKey: Uint8Array) => string
}>

const base58check = createBase58check(sha256)
const compressedFlag = 1
const suiPrefix = 'suiprivkey'
const suiEd25519Flag = 0

/** Every known spelling; without a prototype, as names come from outside. */
export const keyFormats: Readonly<Record<KeyFormat, KeyFormatRow>> = Object.freeze({
  __proto__: null,
  /** With or without `0x`; written without. */
  hexadecimal: {
    decode: (text) => only32(decodeHex(text.replace(/^0x/i, ''))),
    encode: (privateKey) => Buffer.from(privateKey).toString('hex'),
  },
  /** Base58 of the Ed25519 seed ‖ public key, which must belong together. */
  solana: { decode: decodeSolana, encode: encodeSolana },
  /** Wallet import format of Bitcoin's main network, written for a compressed public key. */
  wif: wif(0x80),
  /** The same of the test networks. */
  'wif-testnet': wif(0xef),
  /** Bech32 `suiprivkey…` of an Ed25519 key. */
  sui: {
    decode: decodeSui,
    encode: (key) => bech32.encodeFromBytes(suiPrefix, Buffer.of(suiEd25519Flag, ...key)),
  },
})

function only32(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes?.length === 32 ? Buffer.from(bytes) : undefined
}

function decodeSolana(text: string): Buffer | undefined {
  const bytes = undefinedOnThrow(() => base58.decode(text))
  const privateKey = only32(bytes?.subarray(0, 32))
  if (bytes?.length !== 64 || privateKey === undefined) return undefined
  return equalBytes(publicKeyOf('ed25519', privateKey), bytes.subarray(32)) ? privateKey : undefined
}

function encodeSolana(privateKey: Uint8Array): string {
  return base58.encode(Buffer.concat([privateKey, publicKeyOf('ed25519', privateKey)]))
}

function wif(version: number): KeyFormatRow {
  return {
    decode(text) {
      const bytes = undefinedOnThrow(() => base58check.decode(text))
      if (bytes?.[0] !== version) return undefined
      const isCompressed = bytes.length === 34 && bytes[33] === compressedFlag
      const privateKey = only32(bytes.subarray(1, isCompressed ? 33 : undefined))
      return privateKey && isPrivateKey('secp256k1', privateKey) ? privateKey : undefined
    },
    encode: (privateKey) => base58check.encode(Buffer.of(version, ...privateKey, compressedFlag)),
  }
}

function decodeSui(text: string): Buffer | undefined {
  const decoded = undefinedOnThrow(() => bech32.decodeToBytes(text))
  if (decoded?.prefix !== suiPrefix || decoded.bytes[0] !== suiEd25519Flag) return undefined
  return only32(decoded.bytes.subarray(1))
}

function undefinedOnThrow<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
