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

/**
 * Takes or renews the lease: at most one process holds it.
 * @returns its epoch, which grows with every change of holder; undefined when another holds it
 */
export async function acquireLease(
  tx: Tx,
  lease: { name: string; holder: string; nowMs: number; untilMs: number },
): Promise<number | undefined> {
  const row = await tx.one<{ epoch: number }>(
    `insert into lease (name, holder, epoch, until_ms) values (?, ?, 1, ?)
     on conflict (name) do update set
       epoch = case when lease.holder = excluded.holder then lease.epoch else lease.epoch + 1 end,
       holder = excluded.holder, until_ms = excluded.until_ms
     where lease.holder = excluded.holder or lease.until_ms < ?
     returning epoch`,
    lease.name,
    lease.holder,
    lease.untilMs,
    lease.nowMs,
  )
  return row?.epoch
}

/** Whether `holder` has had the lease since `epoch` began, and nobody took it over. */
export async function holdsLease(
  tx: Tx,
  { name, holder, epoch }: { name: string; holder: string; epoch: number },
): Promise<boolean> {
  const row = await tx.one(
    'select name from lease where name = ? and holder = ? and epoch = ?',
    name,
    holder,
    epoch,
  )
  return row !== undefined
}

/** Lets another process take the lease at once. */
export async function releaseLease(tx: Tx, lease: { name: string; holder: string }): Promise<void> {
  await tx.run(
    'update lease set until_ms = 0 where name = ? and holder = ?',
    lease.name,
    lease.holder,
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
