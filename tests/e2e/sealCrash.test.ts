// A kill at any sync while seals are added or removed leaves seals that open the instance.
import { expect, test } from 'vitest'
import { crashAdding, crashRemoving } from './sealCrashes.ts'

/** A command for each sync, one after the other. */
const PATIENT = { timeout: 4 * 60_000 }
const SYNCS = { calls: 'fsync,fdatasync', every: 1, hasTime: () => true }

test('adding a seal, killed at every sync', PATIENT, async () => {
  const { there, notThere, failures } = await crashAdding(SYNCS)
  expect(failures).toEqual([])
  expect(there).toBeGreaterThan(0)
  expect(notThere).toBeGreaterThan(0)
})

test('removing a seal, killed at every sync', PATIENT, async () => {
  const { there, notThere, failures } = await crashRemoving(SYNCS)
  expect(failures).toEqual([])
  // What was written before its first sync survives a kill, if not always a power cut.
  expect(there + notThere).toBeGreaterThan(0)
})
