// Whose approval a consensus asks for.
import { expect, test } from 'vitest'
import { couldCount, preparePolicy, type User } from '../src/index.ts'

const ann: User = { id: 'ann', tags: ['ops'], email: 'ann@example.com', alias: 'Ann' }
const bob: User = { id: 'bob', tags: [], email: '', alias: 'Bob' }

function counted(consensus: string | null): string[] {
  const made = preparePolicy({ id: 'p', effect: 'allow', condition: null, consensus })
  if (!made.ok) throw new Error(made.error.message)
  return [ann, bob].filter((user) => couldCount(made.policy, user)).map(({ id }) => id)
}

test.each<[string, string | null, string[]]>([
  ['no consensus asks nobody', null, []],
  ['an id', "approvers.any(user, user.id == 'ann')", ['ann']],
  ['several ids', "approvers.any(user, user.id in ['ann', 'bob'])", ['ann', 'bob']],
  ['a tag that is counted', "approvers.filter(u, u.tags.contains('ops')).count() >= 2", ['ann']],
  ['an e-mail address', "approvers.any(user, user.email == 'ann@example.com')", ['ann']],
  ['a name', "approvers.any(user, user.alias == 'Bob')", ['bob']],
  ['nobody who is there', "approvers.any(user, user.id == 'carol')", []],
  ['a count of whoever', 'approvers.count() >= 2', ['ann', 'bob']],
  [
    'one of two',
    "approvers.any(u, u.id == 'ann') || approvers.any(u, u.id == 'bob')",
    ['ann', 'bob'],
  ],
  ['all of a kind', "approvers.all(user, user.tags.contains('ops'))", ['ann']],
  [
    'a count along with a person',
    "approvers.any(u, u.id == 'ann') && approvers.count() > 1",
    ['ann', 'bob'],
  ],
  ['a place in the list', "approvers[0].id == 'ann'", ['ann', 'bob']],
  ['a function within', "approvers.any(u, u.tags.any(tag, tag == 'ops'))", ['ann']],
  [
    'approvers within the predicate',
    "approvers.any(u, u.id == 'ann' && approvers.any(v, v.id == 'bob'))",
    ['ann', 'bob'],
  ],
  ['a predicate that ends in an error', "approvers.any(u, u.tags[0] == 'ops')", ['ann']],
])('%s', (_what, consensus, expected) => {
  expect(counted(consensus)).toEqual(expected)
})
