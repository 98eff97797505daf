// Secrets split into mnemonics of which some give them back (SLIP-0039).
import { pbkdf2Sync, randomInt } from 'node:crypto'
import { joinSecret, splitSecret } from './polynomial.ts'
import { encodeShare, parseShare, type Share, type ShareSet } from './share.ts'

const FEISTEL_ROUNDS = 4
const BASE_ITERATIONS = 10_000
const MEMBERS_MAX = 16

/**
 * Splits a secret into `count` mnemonics, of which any `threshold` give it back and fewer tell
 * nothing: one group, without a passphrase, extendable.
 *
 * @param secret - an even number of bytes, at least 16; 32 bytes give 33 words each
 * @throws RangeError unless 2 ≤ threshold ≤ count ≤ 16
 */
export function splitToMnemonics(
  secret: Buffer,
  { threshold, count }: { threshold: number; count: number },
): string[] {
  const sensible = threshold >= 2 && threshold <= count && count <= MEMBERS_MAX
  if (!sensible) throw new RangeError('the threshold is at least 2, and at most 16 shares are made')
  if (secret.length < 16 || secret.length % 2 === 1) {
    throw new RangeError('a secret is an even number of bytes, at least 16')
  }
  const set: ShareSet = {
    identifier: randomInt(2 ** 15),
    extendable: true,
    iterationExponent: 0,
    groupThreshold: 1,
    groupCount: 1,
  }
  const encrypted = feistel(secret, set, { passphrase: '', rounds: [0, 1, 2, 3] })
  return splitSecret(encrypted, { threshold, count }).map(({ x, value }) =>
    encodeShare({ ...set, groupIndex: 0, memberIndex: x, memberThreshold: threshold, value }),
  )
}

/**
 * The secret of shares: of exactly as many groups and members as their thresholds say. A wrong
 * `passphrase` gives another secret, as the standard wants it.
 *
 * @param passphrase - printable ASCII
 * @returns undefined when a mnemonic is none, or they do not belong together
 */
export function combineMnemonics(
  mnemonics: readonly string[],
  passphrase: string,
): Buffer | undefined {
  const shares = mnemonics.map(parseShare)
  if (!shares.every((share) => share !== undefined)) return undefined
  const [set] = shares
  if (set === undefined || !shares.every((share) => isOfSet(share, set))) return undefined
  const encrypted = joinGroups(shares, set)
  if (encrypted === undefined) return undefined
  return feistel(encrypted, set, { passphrase, rounds: [3, 2, 1, 0] })
}

function isOfSet(share: Share, set: Share): boolean {
  return (
    share.identifier === set.identifier &&
    share.extendable === set.extendable &&
    share.iterationExponent === set.iterationExponent &&
    share.groupThreshold === set.groupThreshold &&
    share.groupCount === set.groupCount &&
    share.value.length === set.value.length
  )
}

function joinGroups(shares: readonly Share[], set: ShareSet): Buffer | undefined {
  const groups = Map.groupBy(shares, ({ groupIndex }) => groupIndex)
  const points = [...groups].map(([x, members]) => ({ x, value: joinMembers(members) }))
  const known = points.flatMap(({ x, value }) => (value === undefined ? [] : [{ x, value }]))
  return known.length < points.length ? undefined : joinSecret(known, set.groupThreshold)
}

function joinMembers(members: readonly Share[]): Buffer | undefined {
  const threshold = members[0]?.memberThreshold
  const places = new Set(members.map(({ memberIndex }) => memberIndex))
  const agree = members.every(({ memberThreshold }) => memberThreshold === threshold)
  if (threshold === undefined || !agree || places.size < members.length) return undefined
  const points = members.map(({ memberIndex: x, value }) => ({ x, value }))
  return joinSecret(points, threshold)
}

/** The encryption of the master secret; with the rounds backwards its decryption. */
function feistel(
  input: Buffer,
  set: ShareSet,
  { passphrase, rounds }: { passphrase: string; rounds: readonly number[] },
): Buffer {
  const half = input.length / 2
  let [left, right] = [input.subarray(0, half), input.subarray(half)]
  const salt = saltOf(set)
  const iterations = (BASE_ITERATIONS / FEISTEL_ROUNDS) * 2 ** set.iterationExponent
  for (const round of rounds) {
    const key = Buffer.concat([Buffer.of(round), Buffer.from(passphrase)])
    const mask = pbkdf2Sync(key, Buffer.concat([salt, right]), iterations, half, 'sha256')
    const next = left.map((byte, index) => byte ^ (mask[index] ?? 0))
    ;[left, right] = [right, Buffer.from(next)]
  }
  return Buffer.concat([right, left])
}

function saltOf({ identifier, extendable }: ShareSet): Buffer {
  if (extendable) return Buffer.of()
  return Buffer.concat([Buffer.from('shamir'), Buffer.of(identifier >> 8, identifier & 0xff)])
}
