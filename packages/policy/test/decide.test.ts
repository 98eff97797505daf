// The verdict of many policies, and of each one.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tally } from '../../../tests/support/tally.ts'
import {
  type Context,
  decide,
  type Decision,
  lazy,
  missingApprovals,
  type Policy,
  type PolicySource,
  preparePolicy,
  type Request,
  type User,
} from '../src/index.ts'

const user = (id: string, ...tags: string[]): User => ({ id, tags, email: '', alias: id })

const ann = user('ann', 'ops')
const bob = user('bob', 'ops')
const users = [ann, bob, user('carol')]

const signing: Context = {
  activity: { type: 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2', resource: 'PRIVATE_KEY', action: 'SIGN' },
  eth: { tx: { value: 200n } },
}

function prepared(source: PolicySource): Policy {
  const made = preparePolicy(source)
  if (!made.ok) throw new Error(made.error.message)
  return made.policy
}

let made = 0
const policy = (effect: 'allow' | 'deny', condition: string | null, consensus: string | null) =>
  prepared({ id: `${effect}-${++made}`, effect, condition, consensus })

const isSigning = "activity.action == 'SIGN'"
const byAnn = "approvers.any(user, user.id == 'ann')"
const byBob = "approvers.any(user, user.id == 'bob')"
const byTwo = 'approvers.count() >= 2'
const absent = 'eth.tx.nonce == 1'

const request: Request = { context: signing, approvers: [ann], users }

const stateOf = (one: Policy, asked: Partial<Request> = {}) =>
  decide([one], { ...request, ...asked }).evaluations[0]

test.each<[string, Policy[], Decision['outcome']]>([
  ['no policy', [], 'denyImplicit'],
  ['an allow policy', [policy('allow', isSigning, byAnn)], 'allow'],
  ['an allow policy without parts', [policy('allow', null, '')], 'allow'],
  ['a deny policy', [policy('deny', isSigning, null)], 'denyExplicit'],
  [
    'an allow and a deny policy',
    [policy('allow', isSigning, null), policy('deny', isSigning, byAnn)],
    'denyExplicit',
  ],
  [
    'an allow policy, and a deny policy that does not apply',
    [policy('allow', isSigning, null), policy('deny', isSigning, byBob)],
    'allow',
  ],
  ['an allow policy that needs two', [policy('allow', isSigning, byTwo)], 'requiresConsensus'],
  [
    'one that allows and one that needs two',
    [policy('allow', isSigning, byTwo), policy('allow', isSigning, byAnn)],
    'allow',
  ],
  [
    'an allow policy for more than there are',
    [policy('allow', null, 'approvers.count() > 3')],
    'denyImplicit',
  ],
  [
    'an allow policy for another request',
    [policy('allow', "activity.action == 'EXPORT'", byTwo)],
    'denyImplicit',
  ],
  [
    'an allow policy of another chain',
    [policy('allow', 'tron.tx.fee_limit == 1', byTwo)],
    'denyImplicit',
  ],
  [
    'a deny policy of another chain',
    [policy('deny', 'tron.tx.fee_limit == 1', null)],
    'denyImplicit',
  ],
  ['an allow policy in error', [policy('allow', absent, byTwo)], 'denyImplicit'],
  [
    'a deny policy in error',
    [policy('allow', null, null), policy('deny', absent, null)],
    'denyExplicit',
  ],
  [
    'a deny policy in error about somebody else',
    [policy('allow', null, null), policy('deny', absent, byBob)],
    'allow',
  ],
  ['a deny policy that needs two', [policy('deny', isSigning, byTwo)], 'denyImplicit'],
  [
    'an allow policy whose consensus errs until there are two',
    [policy('allow', isSigning, "approvers[1].id == 'bob'")],
    'requiresConsensus',
  ],
  [
    'a deny policy whose consensus errs',
    [policy('allow', null, null), policy('deny', isSigning, "approvers[1].id == 'bob'")],
    'denyExplicit',
  ],
])('%s', (_name, policies, outcome) => {
  expect(decide(policies, request).outcome).toBe(outcome)
})

test('what became of each policy is told', () => {
  expect(stateOf(policy('allow', isSigning, byAnn))).toMatchObject({
    state: 'applies',
    reachable: false,
  })
  expect(stateOf(policy('allow', isSigning, byTwo))).toMatchObject({
    state: 'consensusFalse',
    reachable: true,
  })
  expect(stateOf(policy('deny', isSigning, byTwo))).toMatchObject({
    state: 'consensusFalse',
    reachable: false,
  })
  expect(stateOf(policy('allow', isSigning, byBob), { users: [ann] })).toMatchObject({
    state: 'consensusFalse',
    reachable: false,
  })
  expect(stateOf(policy('allow', 'eth.tx.value < 100', byTwo))).toMatchObject({
    state: 'conditionFalse',
    reachable: false,
  })
  expect(stateOf(policy('allow', "solana.tx.recent_blockhash == 'a'", null))).toMatchObject({
    state: 'notApplicable',
    keyword: 'solana.tx',
  })
  expect(stateOf(policy('deny', absent, byAnn))).toMatchObject({
    state: 'error',
    part: 'condition',
    error: { code: 'FIELD_ABSENT', position: { start: 0, end: 12 } },
  })
  expect(stateOf(policy('allow', null, "approvers[1].id == 'bob'"))).toMatchObject({
    state: 'error',
    part: 'consensus',
    reachable: true,
  })
})

test('the deciding policies are listed in their order', () => {
  const [one, two, three] = [
    policy('allow', isSigning, byTwo),
    policy('deny', absent, null),
    policy('allow', null, null),
  ]
  const decision = decide([one, two, three], request)
  expect(decision).toMatchObject({ denies: [two.id], allows: [three.id], awaits: [one.id] })
  expect(decision.evaluations.map(({ id }) => id)).toEqual([one.id, two.id, three.id])
})

test('a policy that does not parse or has no type is refused with the part', () => {
  const source = { id: 'x', effect: 'allow', condition: null, consensus: null } as const
  expect(preparePolicy({ ...source, condition: 'eth.tx.valu == 1' })).toMatchObject({
    ok: false,
    part: 'condition',
    error: { code: 'UNKNOWN_FIELD', position: { start: 7, end: 11 } },
  })
  expect(preparePolicy({ ...source, consensus: 'approvers.count( == 1' })).toMatchObject({
    ok: false,
    part: 'consensus',
    error: { code: 'UNEXPECTED_TOKEN' },
  })
  expect(preparePolicy({ ...source, condition: ' ' }).ok).toBe(false)
})

test('a transaction is parsed only when a policy reaches it, and once', () => {
  let parsed = 0
  const tx = lazy(() => {
    parsed++
    return { value: 200n }
  })
  const context = { ...signing, eth: { tx } }
  const asked = { ...request, context }
  decide([policy('allow', "activity.action == 'EXPORT' && eth.tx.value == 200", null)], asked)
  expect(parsed).toBe(0)
  const two = [
    policy('allow', 'eth.tx.value == 200', null),
    policy('deny', 'eth.tx.value == 1', null),
  ]
  expect(decide(two, asked).outcome).toBe('allow')
  expect(parsed).toBe(1)
  const none = { ...request, context: { eth: { tx: lazy(() => undefined) } } }
  expect(stateOf(policy('allow', 'eth.tx.value == 1', null), none)).toMatchObject({
    state: 'notApplicable',
  })
})

const dan = user('dan', 'ops')
const everybody = [...users, dan]

const none: string[] = []

test.each([
  { consensus: byBob, by: ['ann'], sets: [['bob']] },
  { consensus: byTwo, by: ['ann'], sets: [['bob'], ['carol'], ['dan']] },
  { consensus: `${byAnn} && ${byBob}`, by: none, sets: [['ann', 'bob']] },
  {
    consensus: "approvers.filter(u, u.tags.contains('ops')).count() >= 2",
    by: ['ann'],
    sets: [['bob'], ['dan']],
  },
  {
    consensus: "approvers.filter(u, u.tags.contains('ops')).count() >= 2",
    by: none,
    sets: [
      ['ann', 'bob'],
      ['ann', 'dan'],
      ['bob', 'dan'],
    ],
  },
  {
    consensus: "approvers.filter(u, u.tags.contains('ops')).count() >= 3",
    by: none,
    sets: [['ann', 'bob', 'dan']],
    isComplete: false,
  },
  {
    consensus: 'approvers.count() == 4',
    by: none,
    sets: [['ann', 'bob', 'carol', 'dan']],
    isComplete: false,
  },
])('$consensus by $by lacks $sets', ({ consensus, by, sets, isComplete = true }) => {
  const approvers = everybody.filter(({ id }) => by.includes(id))
  const asked = { approvers, users: everybody }
  const missing = missingApprovals(policy('allow', null, consensus), asked)
  expect(missing).toEqual({ sets, isComplete, work: missing?.work })
  expect(missing?.work).toBeGreaterThan(0)
})

test('no approvals are missing where none would help', () => {
  for (const consensus of [
    'approvers.count() > 4',
    'approvers.count() == 2',
    "approvers[4].id == 'x'",
  ]) {
    const asked = { approvers: [ann], users: everybody }
    expect(missingApprovals(policy('allow', null, consensus), asked)).toBeNull()
  }
})

test('missing approvals among many users, and of a heavy consensus, are some that suffice', () => {
  const many = Array.from({ length: 300 }, (_, at) => user(`u-${at}`, 'ops'))
  const light = missingApprovals(policy('allow', null, byTwo), { approvers: [ann], users: many })
  expect([light?.sets.length, light?.isComplete]).toEqual([100, false])
  const pairs = 'approvers.filter(a, approvers.any(b, a.id != b.id)).count() >= 3'
  const heavy = missingApprovals(policy('allow', null, pairs), { approvers: [], users: many })
  expect(heavy?.isComplete).toBe(false)
  expect(heavy?.sets).toHaveLength(1)
  expect(heavy?.sets[0]).toHaveLength(3)
})

test('random policies: deny before allow before pending, and each outcome occurs', () => {
  const tally = new Tally()
  const condition = fc.constantFrom(
    null,
    isSigning,
    'eth.tx.value < 100',
    absent,
    'tron.tx.fee_limit == 1',
  )
  const consensus = fc.constantFrom(null, byAnn, byBob, byTwo, "approvers[1].id == 'bob'")
  const one = fc.record({
    effect: fc.constantFrom<('allow' | 'deny')[]>('allow', 'allow', 'deny'),
    condition,
    consensus,
  })
  const votes = fc.constantFrom([ann], [bob], [ann, bob], [])
  fc.assert(
    fc.property(fc.array(one, { maxLength: 4 }), votes, (sources, approvers) => {
      const policies = sources.map((source, at) => prepared({ id: String(at), ...source }))
      const expected = expectedOutcome(sources, approvers)
      const { outcome } = decide(policies, { ...request, approvers })
      tally.add(outcome)
      expect(outcome).toBe(expected)
    }),
    { numRuns: 2000 },
  )
  const outcomes = ['denyExplicit', 'allow', 'requiresConsensus', 'denyImplicit']
  expect(tally.rare(outcomes, 100)).toEqual([])
})

type Parts = Pick<PolicySource, 'effect' | 'condition' | 'consensus'>

/** The same decision, from tables of what the few expressions above come to. */
function expectedOutcome(
  sources: readonly Parts[],
  approvers: readonly User[],
): Decision['outcome'] {
  const ids = approvers.map(({ id }) => id)
  const conditions = new Map<string | null, boolean | 'error' | 'skip'>([
    [null, true],
    [isSigning, true],
    ['eth.tx.value < 100', false],
    [absent, 'error'],
    ['tron.tx.fee_limit == 1', 'skip'],
  ])
  const consensuses = new Map<string | null, boolean | 'error'>([
    [null, true],
    [byAnn, ids.includes('ann')],
    [byBob, ids.includes('bob')],
    [byTwo, ids.length >= 2],
    ["approvers[1].id == 'bob'", ids.length < 2 ? 'error' : ids[1] === 'bob'],
  ])
  const of = ({ effect, condition, consensus }: Parts) => {
    const [first, second] = [conditions.get(condition), consensuses.get(consensus)]
    const isSettled = first === 'skip' || first === false || second === false
    const applies = first === true && second === true
    return {
      denies: effect === 'deny' && !isSettled,
      allows: effect === 'allow' && applies,
      // Every one of these consensuses is true when all three users approve.
      awaits: effect === 'allow' && first === true && second !== true,
    }
  }
  const states = sources.map(of)
  if (states.some(({ denies }) => denies)) return 'denyExplicit'
  if (states.some(({ allows }) => allows)) return 'allow'
  return states.some(({ awaits }) => awaits) ? 'requiresConsensus' : 'denyImplicit'
}
