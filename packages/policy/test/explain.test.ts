// Explanations: the value of every part, and the one change that would turn the outcome around.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  check,
  type Checked,
  compile,
  type Context,
  evaluate,
  explain,
  parse,
  type PolicyPart,
} from '../src/index.ts'
import { contextOf } from './corpus.ts'

function typed(text: string, part: PolicyPart = 'condition'): Checked {
  const parsed = parse(text)
  const checked = parsed.ok ? check(parsed.expression, part) : parsed
  if (!checked.ok) throw new Error(checked.error.message)
  return checked.checked
}

const ethereum = contextOf({ context: 'ethereum' })
const solana = contextOf({ context: 'solana' })

const changesIn = (text: string, context: Context, part?: PolicyPart) =>
  explain(typed(text, part), context).changes.map((change) => change.text)

test('every part has its text, its position, its type and its value', () => {
  const { outcome, steps, isComplete } = explain(
    typed('eth.tx.value <= 100 || eth.tx.nonce > 5'),
    ethereum,
  )
  expect(outcome).toEqual({ outcome: 'true' })
  expect(isComplete).toBe(true)
  expect(steps).toEqual([
    {
      text: 'eth.tx.value <= 100 || eth.tx.nonce > 5',
      position: { start: 0, end: 39 },
      type: 'bool',
      values: [{ items: [], value: true }],
    },
    {
      text: 'eth.tx.value <= 100',
      position: { start: 0, end: 19 },
      type: 'bool',
      values: [{ items: [], value: false }],
    },
    {
      text: 'eth.tx.value',
      position: { start: 0, end: 12 },
      type: 'int',
      values: [{ items: [], value: 200n }],
    },
    {
      text: 'eth.tx.nonce > 5',
      position: { start: 23, end: 39 },
      type: 'bool',
      values: [{ items: [], value: true }],
    },
    {
      text: 'eth.tx.nonce',
      position: { start: 23, end: 35 },
      type: 'int',
      values: [{ items: [], value: 7n }],
    },
  ])
})

test('what is not reached has no value, and what is asked of each item has one for each', () => {
  const text =
    'false && wallet.imported || solana.tx.instructions[0].accounts.all(a, a.writable && !a.signer)'
  const { steps } = explain(typed(text), solana)
  const valuesOf = (part: string) => steps.find((step) => step.text === part)?.values
  expect(valuesOf('wallet.imported')).toEqual([])
  expect(valuesOf('a.writable')).toEqual([{ items: [0], value: true }])
  expect(valuesOf('a.signer')).toEqual([{ items: [0], value: true }])
  const nested = explain(typed('[1, 2].all(a, [3, 4].any(b, a < b))'), {})
  expect(nested.steps.find((step) => step.text === 'a < b')?.values).toEqual([
    { items: [0, 0], value: true },
    { items: [1, 0], value: true },
  ])
})

test('the values stop at a thousand, and say so', () => {
  const many = `[${Array.from({ length: 250 }, (_, at) => at).join(', ')}]`
  const { steps, isComplete } = explain(typed(`${many}.all(a, a >= 0 && a < 500)`), {})
  expect(isComplete).toBe(false)
  const values = steps.flatMap((step) => step.values.map(({ value }) => value))
  // The list counts as its items too.
  expect(values).toHaveLength(1000 - 250)
})

test('where it stopped, the parts before have their values', () => {
  const { outcome, steps, changes } = explain(
    typed('eth.tx.nonce == 7 && eth.tx.max_fee_per_blob_gas == 1'),
    ethereum,
  )
  expect(outcome).toMatchObject({
    outcome: 'error',
    error: { code: 'FIELD_ABSENT', position: { start: 21, end: 48 } },
  })
  expect(steps.map(({ text, values }) => [text, values.map(({ value }) => value)])).toEqual([
    ['eth.tx.nonce == 7 && eth.tx.max_fee_per_blob_gas == 1', []],
    ['eth.tx.nonce == 7', [true]],
    ['eth.tx.nonce', [7n]],
    ['eth.tx.max_fee_per_blob_gas == 1', []],
    ['eth.tx.max_fee_per_blob_gas', []],
  ])
  expect(changes).toEqual([])
})

const account = '0x5FbDB2315678afecb367f032d93F642f64180aa3'

test.each([
  ['eth.tx.value <= 100', ['eth.tx.value is 200 and would have to be <= 100']],
  ['eth.tx.value <= 200', ['eth.tx.value is 200 and would have to be > 200']],
  ['100 > eth.tx.value', ['eth.tx.value is 200 and would have to be < 100']],
  ['eth.tx.value < 300', ['eth.tx.value is 200 and would have to be >= 300']],
  ['eth.tx.value > 100', ['eth.tx.value is 200 and would have to be <= 100']],
  ['eth.tx.value >= 200', ['eth.tx.value is 200 and would have to be < 200']],
  ['100 < eth.tx.value', ['eth.tx.value is 200 and would have to be <= 100']],
  ['300 < eth.tx.value', ['eth.tx.value is 200 and would have to be > 300']],
  ['300 <= eth.tx.value', ['eth.tx.value is 200 and would have to be >= 300']],
  ['100 >= eth.tx.value', ['eth.tx.value is 200 and would have to be <= 100']],
  ['eth.tx.value != 200', ['eth.tx.value is 200 and would have to be != 200']],
  ['eth.tx.value == 200', ['eth.tx.value is 200 and would have to be != 200']],
  ['eth.tx.value in [1, 2]', ['eth.tx.value is 200 and would have to be in [1, 2]']],
  ['eth.tx.value in [1, 200]', ['eth.tx.value is 200 and would have to be not in [1, 200]']],
  ['wallet.imported', ['wallet.imported is false and would have to be == true']],
  ['!wallet.exported', ['wallet.exported is true and would have to be == false']],
  ['wallet.imported == true', ['wallet.imported is false and would have to be == true']],
  [
    "eth.tx.data[0..10] == '0x095ea7b3'",
    ["eth.tx.data[0..10] is '0xa9059cbb' and would have to be == '0x095ea7b3'"],
  ],
  [
    `wallet_account.address == '${account}' && eth.tx.nonce < 3`,
    ['eth.tx.nonce is 7 and would have to be < 3'],
  ],
  [
    'eth.tx.nonce < 3 || eth.tx.value < 3',
    ['eth.tx.nonce is 7 and would have to be < 3', 'eth.tx.value is 200 and would have to be < 3'],
  ],
  // Two changes at once: there is no single one.
  ['eth.tx.nonce < 3 && eth.tx.value < 3', []],
  // The same value twice changes in both places.
  ['eth.tx.nonce > 3 && eth.tx.nonce < 5', ['eth.tx.nonce is 7 and would have to be < 5']],
  ['eth.tx.nonce > 3 && eth.tx.nonce < 4', []],
  // Nothing of the request is in it.
  ['1 < 2', []],
])('%s', (text, changes) => expect(changesIn(text, ethereum)).toEqual(changes))

test('items are called by what the request calls them', () => {
  expect(changesIn('solana.tx.transfers.all(t, t.amount < 100)', solana)).toEqual([
    'solana.tx.transfers[0].amount is 1000000 and would have to be < 100',
  ])
  expect(changesIn("solana.tx.account_keys.filter(k, k != 'alice').count() == 1", solana)).toEqual([
    "solana.tx.account_keys[1] is 'bob' and would have to be == 'alice'",
    "solana.tx.account_keys[2] is 'carol' and would have to be == 'alice'",
    "solana.tx.account_keys.filter(k, k != 'alice').count() is 2 and would have to be == 1",
  ])
  expect(changesIn("solana.tx.account_keys[1..2].any(k, k == 'dave')", solana)).toEqual([
    "solana.tx.account_keys[1] is 'bob' and would have to be == 'dave'",
  ])
  expect(changesIn('solana.tx.transfers.count() == 2', solana)).toEqual([
    'solana.tx.transfers.count() is 1 and would have to be == 2',
  ])
  const approvers = contextOf({ context: 'oneApprover' })
  const text = "approvers.any(user, user.tags.contains('eu')) && approvers.count() >= 1"
  expect(changesIn(text, approvers, 'consensus')).toEqual([
    "approvers[0].tags is ['ops'] and would have to contain 'eu'",
  ])
  expect(
    changesIn("approvers[0..1].all(u, u.tags.contains('ops'))", approvers, 'consensus'),
  ).toEqual(["approvers[0].tags is ['ops'] and would have to lack 'ops'"])
  expect(changesIn('approvers.count() >= 2', approvers, 'consensus')).toEqual([
    'approvers.count() is 1 and would have to be >= 2',
  ])
})

test('an explanation of much work ends, and finds what it can', () => {
  const items = Array.from({ length: 30 }, (_, at) => at + 100)
  const all = `[${items.join(', ')}]`
  const work = `${all}.all(a, ${all}.all(b, ${all}.any(c, c == eth.tx.nonce)))`
  const context = { eth: { tx: { nonce: 100n, value: 200n } } }
  expect(changesIn(`eth.tx.value == 200 && ${work}`, context)).toEqual([
    'eth.tx.value is 200 and would have to be != 200',
    'eth.tx.nonce is 100 and would have to be != 100',
  ])
  const heavier = { eth: { tx: { nonce: 110n, value: 200n } } }
  expect(changesIn(`eth.tx.value == 200 && ${work}`, heavier)).toEqual([
    'eth.tx.value is 200 and would have to be != 200',
  ])
})

test('the search of an explanation ends, and leaves out what it did not reach', () => {
  const upTo = (count: number) => `[${Array.from({ length: count }, (_, at) => at).join(', ')}]`
  const all = (items: number, heavy: number) =>
    `${upTo(items)}.all(a, ${upTo(items)}.all(b, ${upTo(heavy)}.all(c, c < 200)))`
  const text = `(eth.tx.nonce in ${upTo(16)} || eth.tx.value == 200)`
  const context = { eth: { tx: { nonce: 20n, value: 200n } } }
  const value = 'eth.tx.value is 200 and would have to be != 200'
  expect(changesIn(`${all(2, 2)} && ${text}`, context)).toEqual([value])
  expect(changesIn(`${all(30, 16)} && ${text}`, context)).toEqual([])
})

test('long strings are cut, and count for more', () => {
  const data = `0x${'ab'.repeat(5000)}`
  const { steps, changes, isComplete } = explain(typed(`eth.tx.data != '${data}'`), {
    eth: { tx: { data } },
  })
  expect(isComplete).toBe(true)
  expect(steps.at(-1)?.values[0]?.value).toBe(`${data.slice(0, 1000)}…`)
  expect(changes).toMatchObject([{ subject: 'eth.tx.data', relation: '!=' }])
  expect(JSON.stringify(changes).length).toBeLessThan(3000)
  const account_keys = Array.from({ length: 200 }, () => data)
  const text = "solana.tx.account_keys.all(key, key != 'a')"
  const many = explain(typed(text), { solana: { tx: { account_keys } } })
  expect(many.isComplete).toBe(false)
  expect(JSON.stringify(many.steps).length).toBeLessThan(70_000)
})

test('whole structs are not repeated', () => {
  const { steps } = explain(
    typed('activity.params.user_ids.count() == 1'),
    contextOf({ context: 'deleteUsers' }),
  )
  expect(steps.map(({ text, values }) => [text, values.map(({ value }) => value)])).toEqual([
    ['activity.params.user_ids.count() == 1', [true]],
    ['activity.params.user_ids.count()', [1n]],
    ['activity.params.user_ids', [['u-1']]],
    ['activity.params', []],
  ])
})

test('nothing is suggested that does not fit 128 bits', () => {
  const context = { eth: { tx: { value: 2n ** 127n - 1n } } }
  expect(changesIn(`eth.tx.value > ${2n ** 127n - 1n}`, context)).toEqual([])
})

test('a suggested change of an integer turns the outcome around', () => {
  let count = 0
  const operators = fc.constantFrom('<', '<=', '>', '>=', '==', '!=')
  const small = fc.bigInt(0n, 9n)
  fc.assert(
    fc.property(operators, operators, fc.tuple(small, small), (one, other, [value, bound]) => {
      const checked = typed(`eth.tx.value ${one} ${bound} || eth.tx.nonce ${other} 4`)
      const tx = { value, nonce: 5n }
      const { outcome, changes } = explain(checked, { eth: { tx } })
      for (const change of changes) {
        const field = change.subject.replace('eth.tx.', '')
        const near = [-1n, 0n, 1n].map((by) => (change.bound as bigint) + by)
        const turned = near.filter((changed) => {
          const context = { eth: { tx: { ...tx, [field]: changed } } }
          return evaluate(compile(checked), context).outcome !== outcome.outcome
        })
        expect(turned.length).toBeGreaterThan(0)
        count++
      }
    }),
  )
  expect(count).toBeGreaterThan(20)
})
