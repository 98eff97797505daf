// Selectors of the first versions of policies, as expressions.
import { describe, expect, test } from 'vitest'
import { check, parse, type Selector, upgradeSelectors } from '../src/index.ts'

const selector = (subject: string, operator: string, ...targets: string[]): Selector => ({
  subject,
  operator: `OPERATOR_${operator}`,
  targets,
})

const SIGN = 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD'

describe('one selector', () => {
  test.each([
    [selector('activity.type', 'EQUAL', SIGN), `activity.type == '${SIGN}'`],
    [selector('activity.action', 'NOT_EQUAL', 'SIGN'), "activity.action != 'SIGN'"],
    [selector('eth.tx.value', 'EQUAL', '5'), 'eth.tx.value == 5'],
    [selector('eth.tx.value', 'MORE_THAN', '5'), 'eth.tx.value > 5'],
    [selector('eth.tx.value', 'MORE_THAN_OR_EQUAL', '5'), 'eth.tx.value >= 5'],
    [selector('eth.tx.value', 'LESS_THAN', '5'), 'eth.tx.value < 5'],
    [selector('eth.tx.value', 'LESS_THAN_OR_EQUAL', '5'), 'eth.tx.value <= 5'],
    [selector('eth.tx.chain_id', 'IN', '1', '5'), 'eth.tx.chain_id in [1, 5]'],
    [selector('wallet.id', 'IN', 'a', "b'c"), "wallet.id in ['a', 'b\\'c']"],
    [selector('wallet.id', 'NOT_IN', 'a', 'b'), "!(wallet.id in ['a', 'b'])"],
    [selector('private_key.tags', 'CONTAINS', 'hot'), "private_key.tags.contains('hot')"],
    [
      selector('private_key.tags', 'CONTAINS_ONE', 'a', 'b'),
      "(private_key.tags.contains('a') || private_key.tags.contains('b'))",
    ],
    [
      selector('private_key.tags', 'CONTAINS_ALL', 'a', 'b'),
      "(private_key.tags.contains('a') && private_key.tags.contains('b'))",
    ],
    [selector('activity.private_key.id', 'EQUAL', 'k'), "private_key.id == 'k'"],
    [selector('activity.wallet.imported', 'EQUAL', 'true'), 'wallet.imported == true'],
  ])('%j', (one, condition) => {
    expect(upgradeSelectors([one])).toEqual({ ok: true, condition, consensus: null })
  })
})

test('those about the user become one consensus, the others one condition', () => {
  const upgraded = upgradeSelectors([
    selector('activity.type', 'EQUAL', SIGN),
    selector('user.id', 'EQUAL', 'u-1'),
    selector('activity.private_key.id', 'EQUAL', 'k-1'),
    selector('user.tags', 'CONTAINS_ONE', 'a', 'b'),
  ])
  expect(upgraded).toEqual({
    ok: true,
    condition: `activity.type == '${SIGN}' && private_key.id == 'k-1'`,
    consensus:
      "approvers.any(user, user.id == 'u-1' && (user.tags.contains('a') || user.tags.contains('b')))",
  })
  if (!upgraded.ok) return
  for (const [part, text] of [
    ['condition', upgraded.condition],
    ['consensus', upgraded.consensus],
  ] as const) {
    const parsed = parse(text ?? '')
    expect(parsed.ok && check(parsed.expression, part).ok).toBe(true)
  }
})

test.each([
  selector('organization.id', 'EQUAL', 'o'),
  selector('user.age', 'EQUAL', '3'),
  selector('user', 'EQUAL', 'u'),
  selector('', 'EQUAL', 'u'),
  selector('wallet.id', 'EQUAL'),
  selector('wallet.id', 'EQUAL', 'a', 'b'),
  selector('wallet.id', 'CONTAINS', 'a'),
  selector('wallet.id', 'LESS_THAN', 'a'),
  selector('private_key.tags', 'EQUAL', 'a'),
  selector('private_key.tags', 'CONTAINS', 'a', 'b'),
  selector('eth.tx.value', 'EQUAL', 'true || 1'),
  selector('eth.tx.value', 'EQUAL', '1 || true'),
  selector('eth.tx.value', 'IN', '1', 'x'),
  selector('eth.tx.value == 1 || wallet.id', 'EQUAL', 'a'),
  selector('activity.action', 'EQUAL', 'SINGING'),
  selector('eth.tx.value', 'EQUAL', `1${'0'.repeat(40)}`),
  { subject: 'wallet.id', operator: 'constructor', targets: ['a'] },
  { subject: 'wallet.id', operator: '', targets: ['a'] },
])('%j has no expression', (bad) => {
  const good = selector('wallet.id', 'EQUAL', 'a')
  expect(upgradeSelectors([good, bad])).toMatchObject({ ok: false, selector: 1 })
})

test('without selectors nothing is constrained', () => {
  expect(upgradeSelectors([])).toEqual({ ok: true, condition: null, consensus: null })
})
