// SQL of checkpoints: the dirty heads, the chain of checkpoints, and who may write it.
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import { HEAD_COLUMNS, type HeadRow } from './audit.store.ts'
import type { Checkpoint, Leaf } from './checkpoint.ts'

const checkpointTable = table('checkpoint', {
  height: 'integer',
  epoch: 'integer',
  at_ms: 'integer',
  previous: 'bytes',
  root: 'bytes',
  count: 'integer',
  signature: 'bytes',
})

const leafTable = table('checkpoint_leaf', {
  height: 'integer',
  organization_id: 'uuid',
  seq: 'integer',
  link: 'bytes',
})

const CHECKPOINT_COLUMNS = Object.keys(checkpointTable.columns).join(', ')

/** Heads that changed since the last checkpoint, in order of id. */
export function listDirtyHeads(reader: Reader, limit: number): Promise<HeadRow[]> {
  return reader.all<HeadRow>(
    `select ${HEAD_COLUMNS}
     from organization_head where dirty = 1 order by organization_id limit ?`,
    limit,
  )
}

export function findNewestCheckpoint(reader: Reader): Promise<Checkpoint | undefined> {
  return reader.one<Checkpoint>(
    `select ${CHECKPOINT_COLUMNS} from checkpoint order by height desc limit 1`,
  )
}

export async function insertCheckpoint(
  tx: Tx,
  checkpoint: Checkpoint,
  leaves: readonly Leaf[],
): Promise<void> {
  await tx.insert(checkpointTable, [{ ...checkpoint }])
  await tx.insert(
    leafTable,
    leaves.map(({ organization_id, seq, link }) => ({
      height: checkpoint.height,
      organization_id,
      seq,
      link,
    })),
  )
}

/** Marks a head as checkpointed, unless it has moved on or somebody is writing to it. */
export async function markClean(tx: Tx, leaf: Leaf): Promise<void> {
  const lock = tx.engine === 'postgres' ? 'for update skip locked' : ''
  await tx.run(
    `update organization_head set dirty = 0 where organization_id in
       (select organization_id from organization_head
        where organization_id = ?u and seq = ? and dirty = 1 ${lock})`,
    leaf.organization_id,
    leaf.seq,
  )
}

/** Checkpoints after `height`, in order. */
export function listCheckpoints(
  reader: Reader,
  page: { after: number; limit: number },
): Promise<Checkpoint[]> {
  return reader.all<Checkpoint>(
    `select ${CHECKPOINT_COLUMNS} from checkpoint where height > ? order by height limit ?`,
    page.after,
    page.limit,
  )
}

/** All leaves of one checkpoint, in the order in which they were hashed. */
export function listLeaves(reader: Reader, height: number): Promise<Leaf[]> {
  return reader.all<Leaf>(
    `select organization_id, seq, link from checkpoint_leaf where height = ?
     order by organization_id`,
    height,
  )
}
