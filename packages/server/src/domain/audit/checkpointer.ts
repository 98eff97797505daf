// Writes checkpoints in the background: one process at a time, at most one a second.
import type { KeyObject } from 'node:crypto'
import { sha256 } from '@keystead/crypto/node'
import type { Store, Tx } from '../../store/engine.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import { log } from '../../platform/log.ts'
import { acquireLease, releaseLease } from '../lease/lease.store.ts'
import { headFromRow, type HeadRow } from './audit.store.ts'
import { Tampered } from './head.ts'
import { checkpointBytes, type Leaf, leafHash, merkleTree, signCheckpoint } from './checkpoint.ts'
import {
  findNewestCheckpoint,
  insertCheckpoint,
  listDirtyHeads,
  markClean,
} from './checkpoint.store.ts'

const LEAVES_MAX = 5000
const LEASE = 'checkpoint'
const LEASE_MS = 10_000
const FIRST = Buffer.alloc(32)

export interface CheckpointTurn {
  store: Store
  keyvault: Keyvault
  /** Names this process. */
  holder: string
  nowMs: number
}

/** Writes one checkpoint if anything changed and this process holds the lease. */
export async function writeCheckpoint(turn: CheckpointTurn): Promise<void> {
  const dirty = await listDirtyHeads(turn.store.reader, 1)
  if (dirty.length === 0) return
  const { value: leaves } = await turn.store.write('alone', (tx) => append(tx, turn))
  // Marked afterwards and without waiting: the checkpoint must not hold up anybody's flush.
  await turn.store.write('alone', async (tx) => {
    for (const leaf of leaves) await markClean(tx, leaf)
  })
}

async function append(tx: Tx, { keyvault, holder, nowMs }: CheckpointTurn): Promise<Leaf[]> {
  const lease = { name: LEASE, holder, nowMs, untilMs: nowMs + LEASE_MS }
  const epoch = await acquireLease(tx, lease)
  if (epoch === undefined) return []
  const heads = await listDirtyHeads(tx, LEAVES_MAX)
  const leaves = heads
    .filter((row) => isOurs(keyvault.auditKey, row))
    .map(({ organization_id, seq, link }) => ({ organization_id, seq, link }))
  if (leaves.length === 0) return []
  const last = await findNewestCheckpoint(tx)
  const checkpoint = signCheckpoint(keyvault.instance.secret('audit-checkpoint'), {
    height: (last?.height ?? 0) + 1,
    epoch,
    at_ms: nowMs,
    previous: last === undefined ? FIRST : sha256(checkpointBytes(last)),
    root: merkleTree(leaves.map(leafHash)).root,
    count: leaves.length,
  })
  await insertCheckpoint(tx, checkpoint, leaves)
  return leaves
}

/** SECURITY: only heads that this server wrote are signed; one that was changed stops no other. */
function isOurs(auditKey: KeyObject, row: HeadRow): boolean {
  try {
    headFromRow(auditKey, row)
    return true
  } catch (cause) {
    if (!(cause instanceof Tampered)) throw cause
    log('alarm', 'a chain is left out of the checkpoint', { cause })
    return false
  }
}

/** Gives the lease up, so that whoever comes next need not wait for its end. */
export async function stopCheckpoints(turn: Pick<CheckpointTurn, 'store' | 'holder'>) {
  await turn.store.write('alone', (tx) => releaseLease(tx, { name: LEASE, holder: turn.holder }))
}
