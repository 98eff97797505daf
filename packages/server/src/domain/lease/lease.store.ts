// SQL of leases: which process does a job that only one may do at a time.
import type { Tx } from '../../store/engine.ts'

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

/** Makes a lease that nobody holds; the next holder's epoch is later than `epoch`. */
export async function insertLease(
  tx: Tx,
  { name, epoch }: { name: string; epoch: number },
): Promise<void> {
  await tx.run(
    `insert into lease (name, holder, epoch, until_ms) values (?, '', ?, 0)`,
    name,
    epoch,
  )
}
