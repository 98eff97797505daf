// Ethereum transactions of every type and typed data, as viem has them.
import { type TransactionSerializable, zeroHash } from 'viem'

const TO = '0x000000000000000000000000000000000000dEaD'
const SLOT = `0x${'11'.repeat(32)}` as const
const common = { chainId: 1, nonce: 9, gas: 90_000n, to: TO, value: 10n ** 18n } as const
const fees = { maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n } as const
const accessList = [{ address: TO, storageKeys: [SLOT, zeroHash] }] as const
const blobs = {
  type: 'eip4844',
  maxFeePerBlobGas: 3n,
  blobVersionedHashes: [`0x01${'22'.repeat(31)}`, `0x01${'33'.repeat(31)}`],
} as const
// r and s are shorter than 32 bytes: RLP writes them without zeros in front.
const authorization = {
  address: TO,
  chainId: 1,
  nonce: 0,
  r: `0x${'00'.repeat(2)}${'44'.repeat(30)}`,
  s: `0x00${'55'.repeat(31)}`,
  yParity: 0,
} as const

/** COMPAT: the serializer takes any byte string for a blob and its proofs. */
const sidecars = [{ blob: '0x0b', commitment: '0x0c', proof: '0x0d' }] as const

export const TRANSACTIONS: [string, TransactionSerializable][] = [
  ['legacy', { ...common, type: 'legacy', gasPrice: 1_000_000_000n }],
  ['legacy, large chain id', { ...common, type: 'legacy', gasPrice: 1n, chainId: 2_046_399_126 }],
  ['legacy without a chain', { type: 'legacy', nonce: 0, gas: 21_000n, gasPrice: 1n, to: TO }],
  ['EIP-2930', { ...common, type: 'eip2930', gasPrice: 7n, accessList }],
  ['EIP-1559', { ...common, ...fees, type: 'eip1559', accessList, data: '0x00c0ffee' }],
  ['EIP-1559, zeros', { chainId: 1, type: 'eip1559', nonce: 0, to: TO }],
  [
    'EIP-1559, making a contract',
    { chainId: 1, ...fees, type: 'eip1559', data: `0x${'60'.repeat(300)}` },
  ],
  ['EIP-4844', { ...common, ...fees, ...blobs, sidecars: false }],
  ['EIP-4844 with its blobs', { ...common, ...fees, ...blobs, sidecars: [...sidecars] }],
  ['EIP-7702', { ...common, ...fees, type: 'eip7702', authorizationList: [authorization] }],
  ['EIP-7702, no authorization', { ...common, ...fees, type: 'eip7702', authorizationList: [] }],
]

export const TYPED_DATA = {
  domain: {
    name: 'Keystead',
    version: '1',
    chainId: 1n,
    verifyingContract: TO,
    salt: SLOT,
  },
  types: {
    // As viem's wallet client adds it; without it viem writes typed data down without its domain.
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
      { name: 'verifyingContract', type: 'address' },
      { name: 'salt', type: 'bytes32' },
    ],
    Person: [
      { name: 'name', type: 'string' },
      { name: 'wallets', type: 'address[]' },
    ],
    Order: [
      { name: 'from', type: 'Person' },
      { name: 'to', type: 'Person[2]' },
      { name: 'amount', type: 'uint256' },
      { name: 'change', type: 'int128' },
      { name: 'matrix', type: 'uint8[2][]' },
      { name: 'tag', type: 'bytes4' },
      { name: 'data', type: 'bytes' },
      { name: 'urgent', type: 'bool' },
    ],
  },
  primaryType: 'Order',
  message: {
    from: { name: 'Zoë 🦊', wallets: [TO, TO] },
    to: [
      { name: '', wallets: [] },
      { name: 'Bob', wallets: [TO] },
    ],
    amount: 2n ** 256n - 1n,
    change: -(2n ** 127n),
    matrix: [
      [1, 2],
      [3, 255],
    ],
    tag: '0x01020304',
    data: '0x',
    urgent: true,
  },
} as const
