// Backups by schedule: by one process at a time, into one directory, of which the newest are kept.
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findBackupTime } from '../domain/archive/archive.store.ts'
import { PARTIAL } from '../domain/archive/file.ts'
import { acquireLease, releaseLease } from '../domain/lease/lease.store.ts'
import { lastBackupSeconds } from '../platform/metrics.ts'
import { log } from '../platform/log.ts'
import { patiently, type Store } from '../store/engine.ts'
import { type BackupSource, takeBackup } from './takeBackup.ts'

const LEASE = 'backup'
/** Longer than a backup takes; when a process dies in one, the next comes so much later. */
const LEASE_MS = 3_600_000

const NAME = /^keystead-\d{8}T\d{6}Z\.archive$/

/** Where backups go, how often, and how many stay. */
export interface BackupSchedule {
  directory: string
  everyMs: number
  keep: number
}

export interface BackupJobOptions extends BackupSource {
  /** Null: none are taken, but it is known when the last one was. */
  schedule: BackupSchedule | null
  /** Names this process. */
  holder: string
  /** Another connection to the same database, for what takes long. */
  openStore: () => Promise<Store>
}

/** The job of one process; of all processes, the holder of the lease does the work. */
export class ScheduledBackups {
  readonly #options: BackupJobOptions
  readonly #stopping = new AbortController()

  constructor(options: BackupJobOptions) {
    this.#options = options
  }

  /** Takes a backup if one is due. */
  async run(): Promise<void> {
    const { schedule } = this.#options
    await this.#tellAge()
    if (schedule === null || !(await this.#isDue(schedule)) || !(await this.#acquire())) return
    try {
      // Another process may have taken it since.
      if (await this.#isDue(schedule)) await this.#take(schedule)
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error
    } finally {
      const { store, holder } = this.#options
      await patiently(() => store.write('alone', (tx) => releaseLease(tx, { name: LEASE, holder })))
    }
    await this.#tellAge()
  }

  /** Gives up the backup that is being taken. */
  stop(): void {
    this.#stopping.abort()
  }

  async #tellAge(): Promise<void> {
    const { reader } = this.#options.store
    const times = [await findBackupTime(reader, 'host'), await findBackupTime(reader, 'system')]
    lastBackupSeconds.set(Math.max(...times.map((time) => time ?? 0)) / 1000)
  }

  async #isDue({ everyMs }: BackupSchedule): Promise<boolean> {
    const { store, clock } = this.#options
    const lastMs = await findBackupTime(store.reader, 'system')
    return lastMs === undefined || clock.now() - lastMs >= everyMs
  }

  async #acquire(): Promise<boolean> {
    const { store, clock, holder } = this.#options
    const nowMs = clock.now()
    const lease = { name: LEASE, holder, nowMs, untilMs: nowMs + LEASE_MS }
    const acquired = await patiently(() => store.write('alone', (tx) => acquireLease(tx, lease)))
    return acquired.value !== undefined
  }

  async #take({ directory, keep }: BackupSchedule): Promise<void> {
    const { clock, openStore } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const moment = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const file = join(directory, `keystead-${moment}.archive`)
    const store = await openStore()
    try {
      const { signal } = this.#stopping
      const { bytes } = await takeBackup(
        { ...this.#options, store },
        { file, actor: 'system', signal },
      )
      log('info', 'a backup was taken', { file, bytes })
    } finally {
      await store.close()
    }
    await prune(directory, keep)
  }
}

/** Removes what is older than the newest, and what an interrupted backup left. */
async function prune(directory: string, keep: number): Promise<void> {
  const names = (await readdir(directory)).sort()
  const old = names.filter((name) => NAME.test(name)).slice(0, -keep)
  const left = names.filter((name) => PARTIAL.test(name) && NAME.test(name.replace(PARTIAL, '')))
  for (const name of [...old, ...left]) await rm(join(directory, name), { force: true })
}
