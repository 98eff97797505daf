// Requests that run under an organization's lock: a refusal keeps what it wrote, a defect nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { unitOf } from '../support/units.ts'

describe.each(engines)('work under the lock on %s', (engine) => {
  let instance: Instance
  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())

  const writeThenThrow = (action: string, error: Error) =>
    instance.app.deps.underLock(instance.organizationId, async (locked) => {
      const outcome = await locked.submit(unitOf(instance.organizationId, action))
      expect(outcome.kind).toBe('committed')
      throw error
    })
  const entriesOf = async (action: string) =>
    (await instance.entries()).filter((entry) => entry.action === action)

  test('that is refused keeps its entry, and answers the refusal', async () => {
    const refusal = new AppError('NOT_AUTHORIZED')
    await expect(writeThenThrow('test.refused', refusal)).rejects.toBe(refusal)
    expect(await entriesOf('test.refused')).toHaveLength(1)
    expect(await instance.problems()).toEqual([])
  })

  test('that breaks leaves nothing', async () => {
    await expect(writeThenThrow('test.broken', new Error('a defect'))).rejects.toThrow('a defect')
    expect(await entriesOf('test.broken')).toEqual([])
    expect(await instance.problems()).toEqual([])
  })
})
