// How the URL of a mail server is read: above all, when encryption is demanded.
import { expect, test } from 'vitest'
import { transportOptions } from './smtp.ts'

test.each([
  ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, requireTLS: false }],
  ['smtps://mail.example', { host: 'mail.example', port: 465, secure: true, requireTLS: false }],
  ['smtp://u:p@mail.example:25', { port: 25, secure: false, requireTLS: true }],
  ['smtps://u:p@mail.example', { secure: true, requireTLS: false }],
  ['smtp://u:p@localhost', { requireTLS: false }],
  ['smtp://u:p@127.0.0.1', { requireTLS: false }],
  ['smtp://[::1]:2525', { host: '::1', port: 2525 }],
  ['smtp://mail.example?ignoreTLS=true&host=evil.example', { host: 'mail.example' }],
])('%s', (url, options) => {
  expect(transportOptions(url)).toMatchObject(options)
})

test('user and password may have any characters, and there may be none', () => {
  expect(transportOptions('smtp://a%40b:p%3A%2F@mail.example')).toMatchObject({
    auth: { user: 'a@b', pass: 'p:/' },
  })
  expect(transportOptions('smtp://mail.example')).not.toHaveProperty('auth')
})
