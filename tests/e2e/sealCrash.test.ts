// A power cut at any sync while seals are added or removed leaves seals that open the instance.
import { expect, test } from 'vitest'
import { crashAdding, crashRemoving } from './sealCrashes.ts'

/** A command for each sync, one after the other. */
const PATIENT = { timeout: 4 * 60_000 }

test.each([
  ['adding', crashAdding],
  ['removing', crashRemoving],
])('%s a seal, killed at every sync', PATIENT, async (_name, crash) => {
  const { there, notThere, failures } = await crash('fsync,fdatasync', () => true)
  expect(failures).toEqual([])
  expect(there).toBeGreaterThan(0)
  expect(notThere).toBeGreaterThan(0)
})
