// Backups by schedule: when they are due, by one process, the newest kept; and what a start says.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backup, drillRestore } from '../../src/commands.ts'
import type { App } from '../../src/app.ts'
import { backupWarnings } from '../../src/host/backup.ts'
import { backupsOf } from '../../src/host/serving.ts'
import { unsealByConfig } from '../../src/host/unsealing.ts'
import { ScheduledBackups } from '../../src/jobs/scheduledBackups.ts'
import { metricsRegistry } from '../../src/platform/metrics.ts'
import { orderOf } from '../support/archives.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.parse('2026-11-21T12:00:00Z')
const NAME = /^keystead-\d{8}T\d{6}Z\.archive$/

describe.each(engines)('scheduled backups on %s', (engine) => {
  let instance: Instance
  let folder: string
  let directory: string
  let nowMs: number
  const clock = { now: () => nowMs }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ks-schedule-'))
    directory = join(folder, 'made', 'here')
    nowMs = START_MS
    const backups = { directory, everyMs: 24 * HOUR_MS, keep: 2 }
    instance = await openInstance(engine, { clock, config: { backups } })
  })
  afterEach(async () => {
    await instance.dispose()
    rmSync(folder, { recursive: true })
  })

  async function jobOf(app: App, holder: string): Promise<ScheduledBackups> {
    const { config } = instance
    const { rootKeys } = await unsealByConfig({ store: app.store, config })
    if (rootKeys === undefined) throw new Error('the seal key file opens the instance')
    return new ScheduledBackups({
      ...app.deps,
      ...backupsOf(config),
      store: app.store,
      rootKeys,
      holder,
    })
  }

  const files = () => readdirSync(directory).sort()
  const warnings = () => backupWarnings(instance.app.store, instance.config)
  const metric = async () => {
    const text = await metricsRegistry.getSingleMetricAsString(
      'keystead_last_backup_timestamp_seconds',
    )
    return Number(/^keystead_last_backup_timestamp_seconds (\S+)$/m.exec(text)?.[1])
  }

  test('are taken when they are due, can be restored, and the newest are kept', async () => {
    const job = await jobOf(instance.app, 'one')
    await job.run()
    expect(files()).toEqual(['keystead-20261121T120000Z.archive'])
    expect(await metric()).toBe(START_MS / 1000)
    const [first = ''] = files()
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    const order = orderOf(join(directory, first), instance.config)
    const { problems } = await drillRestore(instance.config, { ...order, databaseUrl: null })
    expect(problems).toEqual([])
    nowMs += 24 * HOUR_MS - 1
    await job.run()
    expect(files()).toHaveLength(1)
    writeFileSync(join(directory, `${first}.0123456789ab.partial`), 'left by a crash')
    writeFileSync(join(directory, 'somebody else’s'), 'kept')
    for (let n = 0; n < 2; n++) {
      nowMs += 24 * HOUR_MS
      await job.run()
    }
    const kept = files()
    expect(kept.filter((name) => NAME.test(name))).toEqual([
      'keystead-20261123T115959Z.archive',
      'keystead-20261124T115959Z.archive',
    ])
    expect(kept).toHaveLength(3)
    expect(readFileSync(join(directory, 'somebody else’s'), 'utf8')).toBe('kept')
    const entries = await instance.rows<{ actor: string }>(
      `select actor from audit_entry where action = 'instance.backup'`,
    )
    expect(entries.map(({ actor }) => actor)).toEqual(['system', 'system', 'system'])
  })

  test('are taken by one of several processes', async () => {
    const other = await instance.openApp()
    const jobs = await Promise.all([jobOf(instance.app, 'one'), jobOf(other, 'two')])
    await Promise.all(jobs.map((job) => job.run()))
    await Promise.all(jobs.map((job) => job.run()))
    expect(files()).toHaveLength(1)
    nowMs += 24 * HOUR_MS
    await jobs[1]?.run()
    expect(files()).toHaveLength(2)
  })

  test('leave nothing when the process is told to stop', async () => {
    const job = await jobOf(instance.app, 'one')
    job.stop()
    await job.run()
    expect(files()).toEqual([])
    await (await jobOf(instance.app, 'two')).run()
    expect(files()).toHaveLength(1)
  })

  test('are warned of at a start: never any, too old, or nobody could open them', async () => {
    nowMs = Date.now()
    expect(await warnings()).toEqual(['there has never been a backup of this instance'])
    await (await jobOf(instance.app, 'one')).run()
    expect(await warnings()).toEqual([])
    await instance.tamper('update backup set at_ms = ?', nowMs - 50 * HOUR_MS)
    expect(await warnings()).toEqual(['the last backup is 2 days old'])
    await instance.tamper(`delete from seal where kind <> 'file'`)
    expect((await warnings())[0]).toContain('the only seal is a key file that was never exported')
    const job = await jobOf(instance.app, 'one')
    await expect(job.run()).rejects.toThrow('never exported')
    expect(files()).toHaveLength(1)
  })

  test('do not wait for those of the shell', async () => {
    nowMs = Date.now()
    await backup(instance.config, join(folder, 'by hand.archive'))
    expect(await warnings()).toEqual([])
    await (await jobOf(instance.app, 'one')).run()
    expect(files()).toHaveLength(1)
  })
})
