// Key trees: BIP-32 for secp256k1, SLIP-0010 for ed25519 and p256.
import { createHmac } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import type { Curve } from './curve.ts'
import { isPrivateKey, publicKeyOf } from './privateKey.ts'
import { secp256k1 } from './secp256k1.ts'

const hardened = 0x80000000
const levelsMax = 10

type Node = Readonly<{ key: Buffer; chainCode: Buffer }>
type Tree = Readonly<{
  master: (seed: Uint8Array) => Node
  child: (parent: Node, index: number) => Node
}>

/**
 * Reads a path such as `m/44'/60'/0'/0/0` (BIP-32, The key tree); `'` or `h` marks hardened steps.
 *
 * @returns one number per step, 2^31 added when hardened; `m` alone gives none; undefined for
 * anything else: other text, leading zeros, an index of 2^31 or more, over ten steps
 */
export function parsePath(path: string): number[] | undefined {
  const [root, ...steps] = path.split('/', levelsMax + 2)
  if (root !== 'm' || steps.length > levelsMax) return undefined
  const indexes: number[] = []
  for (const step of steps) {
    const match = /^(0|[1-9]\d{0,9})(['h]?)$/.exec(step)
    const index = Number(match?.[1])
    if (match === null || index >= hardened) return undefined
    indexes.push(match[2] === '' ? index : index + hardened)
  }
  return indexes
}

/**
 * The 32-byte private key at `path` below `seed`: BIP-32 for secp256k1, SLIP-0010 for the others.
 *
 * Ed25519 has no normal derivation: there every step is taken as hardened, also when the path does
 * not say so.
 *
 * @param seed - 16 to 64 bytes, usually of {@link mnemonicToSeed}
 * @param path - step numbers as {@link parsePath} gives them
 * @throws RangeError when the seed's length or a step is out of range; Error when BIP-32 calls the
 * key invalid (a chance under 2^-127 per step)
 */
export function derivePrivateKey(curve: Curve, seed: Uint8Array, path: readonly number[]): Buffer {
  if (seed.length < 16 || seed.length > 64) throw new RangeError('a seed is 16 to 64 bytes')
  const tree = trees[curve]
  let node = tree.master(seed)
  for (const index of path) {
    if (!Number.isInteger(index) || index < 0 || index >= 2 * hardened) {
      throw new RangeError('a path step is an integer from 0 to 2^32 - 1')
    }
    node = tree.child(node, index)
  }
  return node.key
}

const trees: Readonly<Record<Curve, Tree>> = {
  secp256k1: {
    master: (seed) => {
      const node = hmacNode('Bitcoin seed', seed)
      if (!isPrivateKey('secp256k1', node.key)) throw new Error('the seed gives no valid key')
      return node
    },
    child: (parent, index) => {
      const { key: tweak, chainCode } = hmacNode(
        parent.chainCode,
        childData('secp256k1', parent, index),
      )
      // The binding adds in place, and throws in just the cases BIP-32 calls invalid.
      const key = secp256k1.privateKeyTweakAdd(Buffer.from(parent.key), tweak)
      return { key: Buffer.from(key), chainCode }
    },
  },
  ed25519: {
    master: (seed) => hmacNode('ed25519 seed', seed),
    child: (parent, index) => {
      const step = index < hardened ? index + hardened : index
      return hmacNode(parent.chainCode, childData('ed25519', parent, step))
    },
  },
  p256: {
    master: (seed) => {
      // SPEC: SLIP-0010, Master key generation, step 4: the output becomes the seed of a retry.
      let node = hmacNode('Nist256p1 seed', seed)
      while (!isPrivateKey('p256', node.key)) {
        node = hmacNode('Nist256p1 seed', Buffer.concat([node.key, node.chainCode]))
      }
      return node
    },
    child: (parent, index) => {
      let data = childData('p256', parent, index)
      for (;;) {
        const { key: tweak, chainCode } = hmacNode(parent.chainCode, data)
        const key = addModP256Order(tweak, parent.key)
        if (key !== undefined) return { key, chainCode }
        // SPEC: SLIP-0010, Private parent key to private child key, step 5.
        data = Buffer.concat([Buffer.of(1), chainCode, indexBytes(index)])
      }
    },
  },
}

function hmacNode(hmacKey: string | Buffer, data: Uint8Array): Node {
  const digest = createHmac('sha512', hmacKey).update(data).digest()
  return { key: digest.subarray(0, 32), chainCode: digest.subarray(32) }
}

function childData(curve: Curve, parent: Node, index: number): Buffer {
  const identity =
    index >= hardened ? Buffer.concat([Buffer.of(0), parent.key]) : publicKeyOf(curve, parent.key)
  return Buffer.concat([identity, indexBytes(index)])
}

function indexBytes(index: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(index)
  return bytes
}

function addModP256Order(tweak: Buffer, key: Buffer): Buffer | undefined {
  const order = p256.Point.Fn.ORDER
  const tweakScalar = BigInt(`0x${tweak.toString('hex')}`)
  const sum = (tweakScalar + BigInt(`0x${key.toString('hex')}`)) % order
  if (tweakScalar >= order || sum === 0n) return undefined
  return Buffer.from(sum.toString(16).padStart(64, '0'), 'hex')
}
