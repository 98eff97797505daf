// Checkpoints: signed statements of how far every chain had come, tied into a chain of their own.
import { sha256, signEd25519 } from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'

/** A row of `checkpoint`. */
export interface Checkpoint {
  height: number
  /** Grows when another process takes over. */
  epoch: number
  at_ms: number
  /** The hash of the checkpoint before; 32 zero bytes for the first. */
  previous: Buffer
  /** The Merkle root over its leaves (RFC 9162 section 2.1). */
  root: Buffer
  /** How many leaves. */
  count: number
  signature: Buffer
}

/** A row of `checkpoint_leaf`: the newest entry of one chain. */
export interface Leaf {
  organization_id: string
  seq: number
  link: Buffer
}

/** What is signed, and what the next checkpoint's `previous` is the SHA-256 of. */
export function checkpointBytes(checkpoint: Omit<Checkpoint, 'signature'>): Buffer {
  return encodeFields([
    'keystead.checkpoint',
    1,
    checkpoint.height,
    checkpoint.epoch,
    checkpoint.at_ms,
    checkpoint.previous,
    checkpoint.root,
    checkpoint.count,
  ])
}

/** @param privateKey the instance's `audit-checkpoint` key, Ed25519 */
export function signCheckpoint(
  privateKey: Buffer,
  checkpoint: Omit<Checkpoint, 'signature'>,
): Checkpoint {
  return { ...checkpoint, signature: signEd25519(privateKey, checkpointBytes(checkpoint)) }
}

export function leafHash(leaf: Leaf): Buffer {
  const bytes = encodeFields([uuidToBytes(leaf.organization_id), leaf.seq, leaf.link])
  return sha256(Buffer.concat([Buffer.from([0]), bytes]))
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.from([1]), left, right]))
}

/** A Merkle tree over one or more leaf hashes (RFC 9162 section 2.1). */
export interface MerkleTree {
  root: Buffer
  /** The audit path of each leaf, from its sibling up (section 2.1.3). */
  proofs: Buffer[][]
}

/** Builds the tree, each subtree once. */
export function merkleTree(hashes: readonly Buffer[]): MerkleTree {
  const [first] = hashes
  if (first === undefined) throw new RangeError('a checkpoint has at least one leaf')
  if (hashes.length === 1) return { root: first, proofs: [[]] }
  const split = splitOf(hashes.length)
  const left = merkleTree(hashes.slice(0, split))
  const right = merkleTree(hashes.slice(split))
  for (const proof of left.proofs) proof.push(right.root)
  for (const proof of right.proofs) proof.push(left.root)
  return { root: nodeHash(left.root, right.root), proofs: [...left.proofs, ...right.proofs] }
}

/** The root that a leaf and its path give. */
export function rootFromProof(
  leaf: Buffer,
  place: { index: number; count: number },
  proof: readonly Buffer[],
): Buffer {
  if (place.count <= 1) return leaf
  const last = proof.at(-1)
  if (last === undefined) return Buffer.alloc(0)
  const split = splitOf(place.count)
  const rest = proof.slice(0, -1)
  return place.index < split
    ? nodeHash(rootFromProof(leaf, { index: place.index, count: split }, rest), last)
    : nodeHash(
        last,
        rootFromProof(leaf, { index: place.index - split, count: place.count - split }, rest),
      )
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}
