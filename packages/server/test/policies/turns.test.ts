// The work of policies on many payloads: others get their turn between two.
import type { Context } from '@keystead/policy'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decide } from '../../src/domain/authority/decide.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { allow, createOwner, WALLETS } from './world.ts'

let instance: Instance
beforeAll(async () => {
  instance = await openInstance('sqlite')
})
afterAll(() => instance.dispose())

test('a decision on several contexts lets others run between them', async () => {
  const owner = await createOwner(instance)
  const { userId } = await owner.createUser('user')
  await allow(owner, { condition: WALLETS })
  const { organizationId } = owner
  const organization = await instance.app.deps.directory.refresh(organizationId)
  if (organization === undefined) throw new Error('the organization was made')
  const log: string[] = []
  const context = (name: string): Context => ({
    activity: () => {
      log.push(name)
      return { type: 'ACTIVITY_TYPE_CREATE_WALLET', resource: 'WALLET', action: 'CREATE' }
    },
  })
  const deciding = decide({
    organization,
    targetId: organizationId,
    submitter: { organizationId, userId },
    approvals: [],
    rootQuorumOnly: false,
    parentMayAct: false,
    ownUserId: null,
    signatures: 0,
    exceeded: new Set(),
    contexts: () => Promise.resolve(['a', 'b', 'c'].map(context)),
  })
  const others = () => {
    log.push('other')
    if (!log.includes('c')) setImmediate(others)
  }
  setImmediate(others)
  expect(await deciding).toMatchObject({ kind: 'allow', by: 'policy' })
  expect(log.slice(0, 5)).toEqual(['a', 'other', 'b', 'other', 'c'])
})
