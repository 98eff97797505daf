// What becomes of a user that is changed: contacts keep their proof only as long as they stay.
import { expect, test } from 'vitest'
import type { Snapshot, User } from '../organization/model.ts'
import { planUserChange, planUserDeletion } from './change.ts'

const ada: User = {
  id: 'ada',
  name: 'Ada',
  email: 'ada@example.com',
  emailVerified: true,
  phone: '+15555550100',
  phoneVerified: true,
  isRoot: false,
  tagIds: ['t1'],
  apiKeys: [],
  passkeys: [],
  oidcIdentities: [],
  createdMs: 1,
  updatedMs: 1,
}
const tag = { kind: 'user' as const, name: 't', createdMs: 1, updatedMs: 1 }
const organization = {
  users: new Map([
    ['ada', ada],
    ['root', { ...ada, id: 'root', isRoot: true }],
  ]),
  tags: new Map([
    ['t1', { ...tag, id: 't1' }],
    ['t2', { ...tag, id: 't2' }],
    ['k1', { ...tag, id: 'k1', kind: 'privateKey' as const }],
  ]),
} as unknown as Snapshot

const change = (members: object) => planUserChange(organization, { userId: 'ada', ...members })

test.each([
  ['nothing', {}, {}],
  ['the name', { name: 'Grace' }, { name: 'Grace' }],
  ['the same address as it is otherwise typed', { email: 'Ada@Example.com' }, {}],
  ['another address', { email: 'B@c.de' }, { email: 'b@c.de', emailVerified: false }],
  ['no address', { email: null }, { email: null, emailVerified: false }],
  ['the same number', { phone: '+15555550100' }, {}],
  ['another number', { phone: '+49301234567' }, { phone: '+49301234567', phoneVerified: false }],
  ['no number', { phone: null }, { phone: null, phoneVerified: false }],
  ['other tags', { tagIds: ['t2'] }, { tagIds: ['t2'] }],
  ['no tags', { tagIds: [] }, { tagIds: [] }],
])('%s changes that, and its proof, alone', (_what, members, changed) => {
  expect(change(members)).toEqual({ ...ada, ...changed })
})

test.each([['t3'], ['k1']])('the tag %s is none of users', (id) => {
  expect(() => change({ tagIds: ['t1', id] })).toThrow('user tag not found')
})

test('users are deleted once each, and never one of the root quorum', () => {
  expect(planUserDeletion(organization, ['ada', 'ada'])).toEqual([ada])
  expect(() => planUserDeletion(organization, ['ada', 'root'])).toThrow('quorum users missing')
  expect(() => planUserDeletion(organization, ['ada', 'bob'])).toThrow('user not found')
})
