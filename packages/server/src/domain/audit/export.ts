// Exporting the audit log as JSON lines: a header, entries, checkpoints, and proofs of their leaves.
import type { Reader } from '../../store/engine.ts'
import { listChains, listEntries } from './audit.store.ts'
import type { AuditEntry } from './chain.ts'
import { type Checkpoint, type Leaf, leafHash, merkleTree } from './checkpoint.ts'
import { listCheckpoints, listLeaves } from './checkpoint.store.ts'

const PAGE = 500

/** Lines of an export. Binary values are lowercase hexadecimal. */
export type ExportLine =
  | {
      kind: 'header'
      format: 'keystead-audit'
      version: 1
      organizations: string[]
      checkpointKey: string
    }
  | ({ kind: 'entry' } & Hexed<AuditEntry>)
  | ({ kind: 'checkpoint' } & Hexed<Checkpoint>)
  | ({ kind: 'leaf'; height: number; index: number; proof: string[] } & Hexed<Leaf>)

type Hexed<T> = {
  [K in keyof T]: T[K] extends Buffer ? string : T[K] extends Buffer | null ? string | null : T[K]
}

/**
 * Exports one organization's log, or with null every chain of the instance. Call it inside one
 * read snapshot. Checkpoints come whole; of their leaves only those of the exported chains.
 */
export async function* exportAudit(
  reader: Reader,
  organizationId: string | null,
  checkpointKey: string,
): AsyncGenerator<ExportLine> {
  const organizations = organizationId === null ? await listChains(reader) : [organizationId]
  yield { kind: 'header', format: 'keystead-audit', version: 1, organizations, checkpointKey }
  for (const id of organizations) yield* exportEntries(reader, id)
  yield* exportCheckpoints(reader, new Set(organizations))
}

async function* exportEntries(reader: Reader, organizationId: string): AsyncGenerator<ExportLine> {
  let after = 0
  for (;;) {
    const entries = await listEntries(reader, organizationId, { after, limit: PAGE })
    for (const entry of entries) yield { kind: 'entry', ...hexed(entry) }
    after = entries.at(-1)?.seq ?? after
    if (entries.length < PAGE) return
  }
}

async function* exportCheckpoints(
  reader: Reader,
  organizations: ReadonlySet<string>,
): AsyncGenerator<ExportLine> {
  let after = 0
  for (;;) {
    const checkpoints = await listCheckpoints(reader, { after, limit: PAGE })
    for (const checkpoint of checkpoints) {
      yield { kind: 'checkpoint', ...hexed(checkpoint) }
      yield* leafLines(
        await listLeaves(reader, checkpoint.height),
        checkpoint.height,
        organizations,
      )
    }
    after = checkpoints.at(-1)?.height ?? after
    if (checkpoints.length < PAGE) return
  }
}

function leafLines(
  leaves: readonly Leaf[],
  height: number,
  organizations: ReadonlySet<string>,
): ExportLine[] {
  if (leaves.length === 0) return []
  const { proofs } = merkleTree(leaves.map(leafHash))
  return leaves.flatMap((leaf, index) => {
    if (!organizations.has(leaf.organization_id)) return []
    const proof = (proofs[index] ?? []).map((hash) => hash.toString('hex'))
    return [{ kind: 'leaf', height, index, proof, ...hexed(leaf) }]
  })
}

function hexed<T extends object>(row: T): Hexed<T> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      Buffer.isBuffer(value) ? value.toString('hex') : value,
    ]),
  ) as Hexed<T>
}
