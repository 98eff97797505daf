// Messages of refused expressions: what was expected, what was found, what may be meant.
import { expect, test } from 'vitest'
import { check, parse } from '../src/index.ts'

test.each([
  ['true and false', 'expected an operator or the end, found `and`; "and" is written `&&`'],
  ['1 is 1', 'expected an operator or the end, found `is`; "is" is written `==`'],
  ['1 in', 'expected a value, found the end'],
  ['[1, 2', 'expected `,` or `]`, found the end'],
  ['[1][0', 'expected `]` or `..`, found the end'],
  ['wallet.', 'expected the name of a field or function, found the end'],
  ["wallet['id'", 'expected `]` or `..`, found the end'],
  ['1 = 1', 'unexpected character `=`; equality is written `==`'],
  ['wallet.id == "a"', 'unexpected character `"`; strings are written in single quotes'],
  ['1 + 1 == 2', 'unexpected character `+`; there is no arithmetic'],
  ['true\u200b', 'unexpected character U+200B'],
  ["'a\\n' == 'a'", "only `\\'` and `\\\\` are escapes; a backslash is written `\\\\`"],
  ["'a", 'this string has no closing single quote'],
  ['0x1f == 1', '`0x1f` is no integer; write it in decimal, or an address in single quotes'],
  ['1.5 == 1', '`1.5` is no integer; there are no decimal fractions'],
  ['1e18 == 1', '`1e18` is no integer; an integer has digits only'],
  ['1 < 2 < 3', 'comparisons do not chain: put one of them in parentheses before `<`'],
  ['eth.tx.chainId == 1', 'EthereumTransaction has no field `chainId`; did you mean `chain_id`?'],
  ['eth.tx.zzzzzz == 1', 'EthereumTransaction has no field `zzzzzz`'],
  ['walet.exported', 'there is no keyword `walet`; did you mean `wallet`?'],
  ['eth.txs.value == 1', 'there is no keyword `eth.txs`; did you mean `eth.tx`?'],
  ['eth == 1', '`eth` is no value by itself; it has `eth.tx` and `eth.eip_712`'],
  ['[1].exists(x, true)', 'there is no function `exists`'],
  ['[1].contain(1)', 'there is no function `contain`; did you mean `contains`?'],
  ['[1].any == true', 'a list<int> has no field `any`; `any` is a function: `.any(…)`'],
  ['[1].any(x)', '`any` takes a name for the item and what to ask of it, found 1 argument'],
  ['[1].count(1, 2) == 1', '`count` takes no argument, found 2 arguments'],
  ["activity.action == 'SING'", '`SING` is never the action of an activity; did you mean `SIGN`?'],
  ["activity.type == 'X'", '`X` is never the type of an activity'],
  ["1 == 'a'", 'int and string cannot be compared'],
  ["'a' < 1", 'a side of `<` is an int, this is a string'],
  ['1 && true', 'an operand of `&&` is a bool, this is an int'],
  ['wallet == wallet', 'bools, ints and strings can be compared, this is a Wallet'],
  ["[1, 'a'].count() == 2", 'the items of a list have one type: int before, string here'],
  ['wallet.id', 'a condition is a bool, this is a string'],
  ['1 in 1', 'what `in` looks in is a list, this is an int'],
])('%s', (text, message) => {
  const parsed = parse(text)
  const checked = parsed.ok ? check(parsed.expression, 'condition') : parsed
  expect(checked).toMatchObject({ ok: false, error: { message } })
})

test('what is long or not printable is shown shortened', () => {
  const long = 'x'.repeat(200)
  for (const text of [long, `wallet.${long} == 1`, `activity.action == '${long}\n\u0000'`]) {
    const parsed = parse(text)
    const checked = parsed.ok ? check(parsed.expression, 'condition') : parsed
    const message = checked.ok ? '' : checked.error.message
    expect(message).toMatch(/`x{64}…`/)
    expect(message).toMatch(/^[^\n\0]+$/)
  }
})
