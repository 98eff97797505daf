// A crash at every write of a rotation leaves what every seal opens, and the next process finishes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rekey } from '../../src/host/rotation.ts'
import { engines } from '../support/instance.ts'
import { Crashes } from './crashes.ts'

describe.each(engines)('a crash on %s', (engine) => {
  let crashes: Crashes
  beforeAll(async () => {
    crashes = await Crashes.open(engine)
  })
  afterAll(() => crashes.dispose())

  test('at every write of the replacement of the root key', async () => {
    expect(await crashes.atEveryWrite((app) => rekey(app))).toBeGreaterThanOrEqual(15)
  })
})
