// Contexts as people write them in JSON, and contexts that are wrong.
import { describe, expect, test } from 'vitest'
import { check, compile, contextFromJson, evaluate, keywordsOf, parse } from '../src/index.ts'

test('integers are numbers, bigints or decimal text', () => {
  const tx = { value: '1000000000000000000', gas: 21000, nonce: 7n }
  expect(contextFromJson({ eth: { tx } })).toEqual({
    ok: true,
    context: { eth: { tx: { value: 10n ** 18n, gas: 21000n, nonce: 7n } } },
  })
})

test('null is what the request does not have', () => {
  const read = contextFromJson({ wallet: null, solana: null, eth: { tx: { to: null } } })
  expect(read).toEqual({
    ok: true,
    context: { eth: { tx: { to: undefined } } },
  })
})

test.each<[unknown, string, string | RegExp]>([
  [[], '', 'expected an object'],
  [null, '', 'expected an object'],
  ['x', '', 'expected an object'],
  [{ eth: 1 }, 'eth', 'expected an object'],
  [{ walet: {} }, 'walet', 'there is no such keyword; did you mean `wallet`?'],
  [{ eth: { txn: {} } }, 'eth.txn', 'there is no such keyword; did you mean `eth.tx`?'],
  [{ eth: { tx: { valu: 1 } } }, 'eth.tx.valu', /no such field; did you mean `value`\?$/],
  [{ eth: { tx: { value: 1.5 } } }, 'eth.tx.value', /^expected an int/],
  [{ eth: { tx: { value: 2 ** 53 } } }, 'eth.tx.value', /^expected an int/],
  [{ eth: { tx: { value: '0x1' } } }, 'eth.tx.value', /^expected an int/],
  [{ eth: { tx: { to: 1 } } }, 'eth.tx.to', 'expected a string'],
  [{ wallet: { imported: 'true' } }, 'wallet.imported', 'expected a bool'],
  [{ wallet: [] }, 'wallet', 'expected an object'],
  [{ approvers: {} }, 'approvers', 'expected a list<User>'],
  [{ approvers: [{ id: 1 }] }, 'approvers[0].id', 'expected a string'],
  [JSON.parse('{"__proto__":{}}'), '__proto__', /no such keyword/],
  [JSON.parse('{"wallet":{"__proto__":{}}}'), 'wallet.__proto__', /no such field/],
])('%j is refused', (json, path, message) => {
  const read = contextFromJson(json)
  const error = read.ok ? undefined : read.error
  expect(error?.path).toBe(path)
  expect(error?.message).toMatch(message)
})

const outcomeOf = (text: string, context: object) => {
  const parsed = parse(text)
  const checked = parsed.ok ? check(parsed.expression, 'condition') : parsed
  if (!checked.ok) throw new Error(checked.error.message)
  return evaluate(compile(checked.checked), context)
}

describe('an item that the request does not tell', () => {
  const keys = { solana: { tx: { account_keys: ['alice', undefined, 'bob'] } } }
  test.each([
    ['is counted', 'solana.tx.account_keys.count() == 3', 'true'],
    [
      'is not reached by what is decided before',
      "solana.tx.account_keys.contains('alice')",
      'true',
    ],
    ['is not reached beside it', "solana.tx.account_keys[2] == 'bob'", 'true'],
    ['is an error to read', "solana.tx.account_keys[1] == 'bob'", 'error'],
    ['is an error to compare with', "solana.tx.account_keys.contains('bob')", 'error'],
    ['is an error to look for', "'carol' in solana.tx.account_keys", 'error'],
    ['is an error in all', "solana.tx.account_keys.all(k, k != 'carol')", 'error'],
    ['is an error in any', "solana.tx.account_keys.any(k, k == 'bob')", 'error'],
    ['is an error in filter', "solana.tx.account_keys.filter(k, k == 'bob').count() > 0", 'error'],
    ['is an error in a slice', "solana.tx.account_keys[1..3].contains('bob')", 'error'],
  ])('%s', (_name, text, outcome) => {
    const code = outcome === 'error' ? { error: { code: 'FIELD_ABSENT' } } : {}
    expect(outcomeOf(text, keys)).toMatchObject({ outcome, ...code })
  })
})

describe('a context that is not what its type says ends in an error', () => {
  test.each<[string, object]>([
    ['eth.tx.value == 1', { eth: { tx: { value: 1 } } }],
    ['eth.tx.value == 1', { eth: { tx: { value: '1' } } }],
    ["eth.tx.to == 'a'", { eth: { tx: { to: 1n } } }],
    ["eth.tx.to == 'a'", { eth: { tx: [] } }],
    ["eth.tx.to == 'a'", { eth: { tx: 'a' } }],
    ['wallet.imported', { wallet: { imported: 'true' } }],
    ['wallet.imported', { wallet: () => 5 }],
    ['solana.tx.transfers.count() == 0', { solana: { tx: { transfers: {} } } }],
    ['solana.tx.transfers.all(t, t.amount == 1)', { solana: { tx: { transfers: [1] } } }],
    ["solana.tx.account_keys.contains('a')", { solana: { tx: { account_keys: [1n, 'a'] } } }],
    ["solana.tx.account_keys[0] == 'a'", { solana: { tx: { account_keys: [1n] } } }],
    ['activity.params.x == 1', { activity: { params: { x: () => 1 } } }],
    ['activity.params.x == 1', { activity: { params: { x: Symbol('x') } } }],
  ])('%s', (text, context) => {
    expect(outcomeOf(text, context)).toMatchObject({
      outcome: 'error',
      error: { code: 'TYPE_MISMATCH' },
    })
  })

  test('an absent field is not what a prototype has', () => {
    const params = { activity: { params: {} } }
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(outcomeOf(`activity.params.${name} == 1`, params)).toMatchObject({
        error: { code: 'FIELD_ABSENT' },
      })
    }
  })
})

test('the keywords that an expression names are known without evaluating it', () => {
  const text = "activity.action == 'SIGN' && [1].any(n, eth.tx.value == n || eth.tx.nonce == n)"
  const parsed = parse(text)
  const checked = parsed.ok ? check(parsed.expression, 'condition') : parsed
  expect(checked.ok && keywordsOf(checked.checked)).toEqual(['activity', 'eth.tx'])
})
