// Verifying an exported audit log offline: edits, gaps, insertions, reordering, truncation.
import { equalBytes, parsePublicKey, sha256, verifyEd25519 } from '@keystead/crypto/node'
import { type AuditEntry, entryLink, genesisLink, payloadDigest } from './chain.ts'
import {
  type Checkpoint,
  checkpointBytes,
  leafHash,
  type Leaf,
  rootFromProof,
} from './checkpoint.ts'

/** What a verification found. `problems` is empty when everything holds. */
export interface AuditVerdict {
  problems: string[]
  /** How far each chain goes, by organization. */
  chains: Record<string, number>
  checkpoints: number
}

type Line = Record<string, unknown>

/** Verifies lines as they come. Of each entry it keeps the link, for the checkpoints that follow. */
export class AuditVerifier {
  readonly #problems: string[] = []
  readonly #chains = new Map<string, { seq: number; link: Buffer }>()
  readonly #checkpoints = new Map<number, Checkpoint>()
  readonly #leaves: { leaf: Leaf; height: number; index: number; proof: Buffer[] }[] = []
  /** The links that leaves speak of. */
  readonly #links = new Map<string, Buffer>()
  #publicKey: Buffer | undefined
  #exported: string[] = []
  #hasHeader = false

  /** @param publicKey the instance's checkpoint key; null: the one the export itself names */
  constructor(publicKey: Buffer | null) {
    this.#publicKey = publicKey ?? undefined
  }

  /** Takes one line of the export. @throws Error when it is not a line of that format */
  take(text: string): void {
    const line = JSON.parse(text) as Line
    switch (line['kind']) {
      case 'header':
        this.#hasHeader = true
        this.#exported = line['organizations'] as string[]
        this.#publicKey ??= bytes(line, 'checkpointKey')
        return
      case 'entry':
        this.#entry(line)
        return
      default:
        this.takeEvidence(text)
    }
  }

  /** Takes a checkpoint or a leaf, also from a file that was kept elsewhere. */
  takeEvidence(text: string): void {
    const line = JSON.parse(text) as Line
    if (line['kind'] === 'checkpoint') this.#checkpoint(line)
    else if (line['kind'] === 'leaf') {
      const leaf = {
        organization_id: string(line, 'organization_id'),
        seq: integer(line, 'seq'),
        link: bytes(line, 'link'),
      }
      const proof = (line['proof'] as string[]).map((hash) => Buffer.from(hash, 'hex'))
      const place = { height: integer(line, 'height'), index: integer(line, 'index') }
      this.#leaves.push({ leaf, proof, ...place })
    } else if (line['kind'] !== 'header') throw new Error('unknown kind of line')
  }

  verdict(): AuditVerdict {
    this.#checkCheckpointChain()
    for (const item of this.#leaves) this.#checkLeaf(item)
    if (!this.#hasHeader) this.#problems.push('the header is missing: this is no audit export')
    for (const id of this.#chains.keys()) {
      if (!this.#exported.includes(id)) this.#problems.push(`${id}: is not named in the header`)
    }
    for (const id of this.#exported) {
      if (!this.#chains.has(id)) this.#problems.push(`${id}: the whole chain is missing`)
    }
    const chains = [...this.#chains].map(([id, { seq }]) => [id, seq] as const)
    return {
      problems: this.#problems,
      chains: Object.fromEntries(chains),
      checkpoints: this.#checkpoints.size,
    }
  }

  #entry(line: Line): void {
    const entry = parseEntry(line)
    const id = entry.organization_id
    const last = this.#chains.get(id) ?? { seq: 0, link: genesisLink(id) }
    const name = `${id} entry ${entry.seq}`
    if (entry.seq !== last.seq + 1) {
      this.#problems.push(`${name}: expected entry ${last.seq + 1}: deleted, inserted or reordered`)
    }
    const { payload, payload_salt: salt } = entry
    const erased = payload === null && salt === null
    if (
      !erased &&
      !equalBytes(payloadDigest(salt ?? Buffer.alloc(0), payload ?? ''), entry.payload_digest)
    ) {
      this.#problems.push(`${name}: the payload was changed`)
    }
    if (!equalBytes(entryLink(entry, last.link), entry.link)) {
      this.#problems.push(`${name}: the link does not follow from the entry and the one before`)
    }
    this.#chains.set(id, { seq: entry.seq, link: entry.link })
    this.#links.set(`${id}/${entry.seq}`, entry.link)
  }

  #checkpoint(line: Line): void {
    const checkpoint: Checkpoint = {
      height: integer(line, 'height'),
      epoch: integer(line, 'epoch'),
      at_ms: integer(line, 'at_ms'),
      previous: bytes(line, 'previous'),
      root: bytes(line, 'root'),
      count: integer(line, 'count'),
      signature: bytes(line, 'signature'),
    }
    const name = `checkpoint ${checkpoint.height}`
    const key =
      this.#publicKey === undefined ? undefined : parsePublicKey('ed25519', this.#publicKey)
    if (
      key === undefined ||
      !verifyEd25519(key, checkpointBytes(checkpoint), checkpoint.signature)
    ) {
      this.#problems.push(`${name}: the signature is wrong`)
    }
    const known = this.#checkpoints.get(checkpoint.height)
    if (known !== undefined && !checkpointBytes(known).equals(checkpointBytes(checkpoint))) {
      this.#problems.push(`${name}: two different checkpoints have this height`)
    }
    this.#checkpoints.set(checkpoint.height, checkpoint)
  }

  #checkCheckpointChain(): void {
    for (const checkpoint of this.#checkpoints.values()) {
      const before = this.#checkpoints.get(checkpoint.height - 1)
      if (before === undefined) continue
      if (!sha256(checkpointBytes(before)).equals(checkpoint.previous)) {
        this.#problems.push(`checkpoint ${checkpoint.height}: does not follow the one before`)
      }
    }
    const heights = [...this.#checkpoints.keys()].sort((a, b) => a - b)
    for (const [index, height] of heights.entries()) {
      const before = heights[index - 1]
      if (before !== undefined && before !== height - 1) {
        this.#problems.push(`checkpoint ${height}: the one before it is missing`)
      }
    }
  }

  #checkLeaf(item: { leaf: Leaf; height: number; index: number; proof: Buffer[] }): void {
    const { leaf, height, index, proof } = item
    const name = `${leaf.organization_id} entry ${leaf.seq}`
    const checkpoint = this.#checkpoints.get(height)
    if (checkpoint === undefined) {
      this.#problems.push(`${name}: checkpoint ${height} is missing`)
      return
    }
    const root = rootFromProof(leafHash(leaf), { index, count: checkpoint.count }, proof)
    if (!equalBytes(root, checkpoint.root)) {
      this.#problems.push(`${name}: is not in checkpoint ${height}`)
      return
    }
    if (!this.#exported.includes(leaf.organization_id)) return
    const link = this.#links.get(`${leaf.organization_id}/${leaf.seq}`)
    if (link === undefined) {
      this.#problems.push(`${name}: is in checkpoint ${height} but not in the log: truncated`)
    } else if (!equalBytes(link, leaf.link)) {
      this.#problems.push(`${name}: differs from what checkpoint ${height} says`)
    }
  }
}

function parseEntry(line: Line): AuditEntry {
  return {
    organization_id: string(line, 'organization_id'),
    seq: integer(line, 'seq'),
    at_ms: integer(line, 'at_ms'),
    unit_id: string(line, 'unit_id'),
    actor: string(line, 'actor'),
    credential: string(line, 'credential'),
    action: string(line, 'action'),
    resource: string(line, 'resource'),
    outcome: string(line, 'outcome'),
    activity_id: line['activity_id'] === null ? null : string(line, 'activity_id'),
    body_hash: line['body_hash'] === null ? null : bytes(line, 'body_hash'),
    payload_digest: bytes(line, 'payload_digest'),
    payload: line['payload'] === null ? null : string(line, 'payload'),
    payload_salt: line['payload_salt'] === null ? null : bytes(line, 'payload_salt'),
    link: bytes(line, 'link'),
  }
}

function string(line: Line, name: string): string {
  const value = line[name]
  if (typeof value !== 'string') throw new Error(`\`${name}\` is not text`)
  return value
}

function integer(line: Line, name: string): number {
  const value = line[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Error(`\`${name}\` is not an integer`)
  }
  return value
}

function bytes(line: Line, name: string): Buffer {
  return Buffer.from(string(line, name), 'hex')
}
