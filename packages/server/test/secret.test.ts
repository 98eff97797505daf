// What a schema marks as secret does not get into logs.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { secret, withoutSecrets } from '../src/operation/secret.ts'

const schema = z.strictObject({
  userId: z.string(),
  code: secret(z.string()),
  keys: z
    .array(z.strictObject({ name: z.string(), token: secret(z.string()).optional() }))
    .optional(),
  wrapped: z
    .strictObject({ inner: secret(z.string()) })
    .transform((value) => value.inner.length)
    .optional(),
})

test('secret members are replaced at any depth, and nothing else is', () => {
  const value = {
    userId: 'u',
    code: '123456',
    keys: [{ name: 'a', token: 't1' }, { name: 'b' }],
    wrapped: { inner: 'hidden' },
    unknown: 'kept as it came',
  }
  expect(withoutSecrets(schema, value, '…')).toEqual({
    userId: 'u',
    code: '…',
    keys: [{ name: 'a', token: '…' }, { name: 'b' }],
    wrapped: { inner: '…' },
    unknown: 'kept as it came',
  })
  expect(value.code).toBe('123456')
})
