// Taking a backup: an archive file, and the entry in the instance's chain that says so.
import type { CommitQueue } from '../commit/queue.ts'
import { entryOnly } from '../commit/unit.ts'
import { type BackupRow, insertBackup } from '../domain/archive/archive.store.ts'
import { writeWhole } from '../domain/archive/file.ts'
import { ArchiveError, type ArchiveHeader } from '../domain/archive/header.ts'
import { archiveBytes, archiveHeader } from '../domain/archive/writer.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import { listSeals, type Seal } from '../domain/keyvault/keyvault.store.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { detailsOf } from '../domain/keyvault/seals.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import type { Reader, Store } from '../store/engine.ts'

export interface BackupSource {
  /** Read from for as long as the backup takes: nobody else must be waiting for it. */
  store: Store
  rootKeys: RootKeys
  keyvault: Keyvault
  queue: Pick<CommitQueue, 'submit'>
  clock: Clock
}

/** A backup that was made. */
export interface Backup {
  /** The file, as an absolute path. */
  file: string
  bytes: number
  /** The moment that it shows, as ISO 8601 text. */
  takenAt: string
  /** The height of the newest checkpoint in it; null: there was none. */
  checkpoint: number | null
  /** The kinds of seals of which each alone opens it. */
  seals: string[]
}

export interface BackupOrder {
  /** A new file, as an absolute path. */
  file: string
  actor: BackupRow['actor']
  /** Gives it up; nothing stays. */
  signal: AbortSignal | null
}

/**
 * Writes an archive of everything, while others go on writing to the database.
 * @throws ArchiveError when nobody could open it after the loss of this machine
 */
export async function takeBackup(
  source: BackupSource,
  { file, actor, signal }: BackupOrder,
): Promise<Backup> {
  const { store, rootKeys, keyvault, clock } = source
  const instance = checkpointKey(keyvault)
  const { header, bytes, seals } = await store.read(async (reader) => {
    const kinds = await openableBy(reader)
    const head = await archiveHeader(reader, { rootKeys, instance, nowMs: clock.now() })
    const chunks = untilAborted(archiveBytes(reader, head, rootKeys), signal)
    const written = await writeWhole(file, chunks)
    return { header: head, bytes: written, seals: kinds }
  })
  await record(source, header, actor)
  return {
    file,
    bytes,
    takenAt: new Date(header.takenMs).toISOString(),
    checkpoint: header.checkpoint?.height ?? null,
    seals,
  }
}

async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal | null,
): AsyncGenerator<T> {
  for await (const item of items) {
    signal?.throwIfAborted()
    yield item
  }
}

/** The public key that names an instance, in hexadecimal. */
function checkpointKey({ instance }: Keyvault): string {
  return instance.published().find(({ name }) => name === 'audit-checkpoint')?.publicKey ?? ''
}

async function openableBy(reader: Reader): Promise<string[]> {
  const seals = await listSeals(reader)
  if (!isOnThisMachineOnly(seals)) return seals.map(({ kind }) => kind)
  throw new ArchiveError(
    'the only seal is a key file that was never exported: when this machine is lost, nobody could ' +
      'open the backup. Type `npx keystead seal export`, or add another seal, first',
  )
}

/** Whether, as far as is known, nothing elsewhere opens the instance. */
export function isOnThisMachineOnly(seals: readonly Pick<Seal, 'kind' | 'details'>[]): boolean {
  return seals.every((seal) => seal.kind === 'file' && !('exportedMs' in detailsOf(seal)))
}

async function record(
  { queue, clock }: BackupSource,
  { takenMs, checkpoint, schema, salt }: ArchiveHeader,
  actor: BackupRow['actor'],
): Promise<void> {
  const id = newUuid(clock.now())
  const height = checkpoint?.height ?? 0
  const audit = {
    actor,
    credential: '',
    action: 'instance.backup',
    resource: '',
    outcome: 'accepted',
    activityId: null,
    bodyHash: null,
    payload: { takenMs, checkpoint: height, schema, archive: salt },
  } as const
  const outcome = await queue.submit({
    ...entryOnly({ id, organizationId: INSTANCE_ID, audit }),
    changes: 'rows',
    effects: (tx) => insertBackup(tx, { actor, id, at_ms: takenMs, height }),
  })
  if (outcome.kind !== 'committed') throw new AppError('UNAVAILABLE')
}
