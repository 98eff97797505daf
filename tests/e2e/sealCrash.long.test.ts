// A kill at any write while seals are added or removed leaves seals that open the instance.
import { expect, test } from 'vitest'
import { rounds, timeShare } from '../support/rounds.ts'
import { crashAdding, crashRemoving } from './sealCrashes.ts'

const CALLS = 'write,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink,rename'

test.each([
  ['adding', 5 / 6, crashAdding],
  ['removing', 1 / 6, crashRemoving],
])('%s a seal, killed at every write', async (_name, part, crash) => {
  const { there, notThere, failures } = await crash({
    calls: CALLS,
    every: rounds('writes for each kill of a seal command'),
    hasTime: timeShare('writes for each kill of a seal command', part),
  })
  console.log('kills of seal commands: reached', { there, notThere })
  expect(failures).toEqual([])
  expect(there + notThere).toBeGreaterThan(0)
})
