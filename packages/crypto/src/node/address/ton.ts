// TON addresses: the hash of the first state of the wallet contract that a key controls. Only hashes
// of the contracts' code are needed, since a cell's hash is made of its children's hashes and depths.
import { sha256 } from '../hash.ts'
import { crc16 } from './crc16.ts'

/** The contracts of the reference wallets (ton-blockchain/ton and ton-blockchain/wallet-contract-v5). */
export type TonWallet = 'v3r2' | 'v4r2' | 'v5r1'

type Contract = Readonly<{
  codeHash: Buffer
  codeDepth: number
  /** The cell of its data, with its two descriptor bytes, before the first message. */
  data: (publicKey: Uint8Array) => Buffer
}>

const SEQNO = Buffer.alloc(4)

// The subwallet that every wallet application starts with.
const SUBWALLET = uint32(698_983_191)

// SPEC: wallet-contract-v5: network -239 (mainnet) xor (client ‖ workchain 0 ‖ version 0 ‖ number 0).
const V5_WALLET_ID = uint32(0x7fffff11)

const contracts: Readonly<Record<TonWallet, Contract>> = {
  v3r2: {
    codeHash: Buffer.from(
      '84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599',
      'hex',
    ),
    codeDepth: 0,
    data: (publicKey) => Buffer.concat([Buffer.of(0, 80), SEQNO, SUBWALLET, publicKey]),
  },
  v4r2: {
    codeHash: Buffer.from(
      'feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0',
      'hex',
    ),
    codeDepth: 7,
    // One bit more, the empty dictionary of plugins, and the bit that completes the byte.
    data: (publicKey) =>
      Buffer.concat([Buffer.of(0, 81), SEQNO, SUBWALLET, publicKey, Buffer.of(0x40)]),
  },
  v5r1: {
    codeHash: Buffer.from(
      '20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f',
      'hex',
    ),
    codeDepth: 6,
    data: (publicKey) => {
      // A first bit says that signatures are allowed; the last two are as in v4r2.
      const fields = Buffer.concat([SEQNO, V5_WALLET_ID, publicKey]).toString('hex')
      const bits = (1n << 321n) | (BigInt(`0x${fields}`) << 1n)
      return Buffer.concat([Buffer.of(0, 81), lastBytes((bits << 6n) | 0x20n, 41)])
    },
  },
}

/**
 * The address of the wallet contract of an ed25519 key in workchain 0, not yet deployed: 48
 * characters, url-safe, non-bounceable, of the main network (TEP-2).
 *
 * @param publicKey - 32 bytes
 */
export function tonAddressOf(wallet: TonWallet, publicKey: Uint8Array): string {
  const { codeHash, codeDepth, data } = contracts[wallet]
  // SPEC: block.tlb, StateInit with code and data and nothing else: bits 00110, two references.
  const stateInit = Buffer.concat([
    Buffer.of(2, 1, 0x34),
    Buffer.of(0, codeDepth, 0, 0),
    codeHash,
    sha256(data(publicKey)),
  ])
  const address = Buffer.concat([Buffer.of(NON_BOUNCEABLE, WORKCHAIN), sha256(stateInit)])
  const checksum = Buffer.alloc(2)
  checksum.writeUInt16BE(crc16(address))
  return Buffer.concat([address, checksum]).toString('base64url')
}

const NON_BOUNCEABLE = 0x51
const WORKCHAIN = 0

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function lastBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')
}
