// A crash at every write of rotations of data keys; in a short run, at some.
import { describe, expect, test } from 'vitest'
import { rounds } from '../../../../tests/support/rounds.ts'
import type { App } from '../../src/app.ts'
import { rotateDataKeys } from '../../src/host/rotation.ts'
import { engines } from '../support/instance.ts'
import { Crashes } from './crashes.ts'

const NAME = 'crashes in a rotation of data keys'

describe.each(engines)('a crash on %s', (engine) => {
  test.each([
    [
      'one data key',
      19,
      (app: App, organizationId: string) => rotateDataKeys(app, { organizationId }),
    ],
    ['all data keys', 43, (app: App) => rotateDataKeys(app, { organizationId: null })],
  ])('at every write of the rotation of %s', async (_name, writes, begin) => {
    const crashes = await Crashes.open(engine)
    const step = Math.max(1, Math.floor(writes / rounds(NAME)))
    expect(await crashes.atEveryWrite(begin, step)).toBeGreaterThanOrEqual(writes)
    await crashes.dispose()
  })
})
