// A kill at any write while seals are added or removed leaves seals that open the instance.
import { expect, test } from 'vitest'
import { timeShare } from '../support/rounds.ts'
import { crashAdding, crashRemoving } from './sealCrashes.ts'

const CALLS = 'write,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink,rename'

test.each([
  ['adding', crashAdding],
  ['removing', crashRemoving],
])('%s a seal, killed at every write', async (_name, crash) => {
  const { there, notThere, failures } = await crash(
    CALLS,
    timeShare('kills of seal commands', 1 / 2),
  )
  console.log('kills of seal commands: reached', { there, notThere })
  expect(failures).toEqual([])
  expect(there + notThere).toBeGreaterThan(2)
})
