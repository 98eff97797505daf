// A crash at every write of the rotation of all data keys at once, the instance's too.
import { expect, test } from 'vitest'
import { rounds } from '../../../../tests/support/rounds.ts'
import { rotateDataKeys } from '../../src/host/rotation.ts'
import { engines } from '../support/instance.ts'
import { Crashes } from './crashes.ts'

const NAME = 'crashes in the rotation of all data keys'
/** About as many has the rotation. */
const WRITES = 45

test.each(engines)(
  'a crash on %s at every write of the rotation of all data keys',
  async (engine) => {
    const crashes = await Crashes.open(engine)
    const begin = (app: Parameters<typeof rotateDataKeys>[0]) =>
      rotateDataKeys(app, { organizationId: null })
    const step = Math.max(1, Math.floor(WRITES / rounds(NAME)))
    expect(await crashes.atEveryWrite(begin, step)).toBeGreaterThanOrEqual(30)
    await crashes.dispose()
  },
)
