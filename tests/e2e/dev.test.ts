// `keystead dev`: the emulator is the same server, with known keys, a settable clock, and a reset.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { privateKeyToAccount } from 'viem/accounts'
import { keccak256, recoverAddress, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { post, TestClient, type TestKey } from '../support/client.ts'
import { invitationParams, inviteeClient } from '../support/invitee.ts'
import { linkIn } from '../support/smtp.ts'

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname
/** The first account of the well-known test mnemonic, as every Ethereum tool shows it. */
const FIRST_ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const FIRST_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

const child = spawn(process.execPath, [launcher, 'dev', '--port', '0'], { stdio: 'pipe' })
const lines: string[] = []
let url = ''
let client: TestClient

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    const found = /^listening on (\S+)$/.exec(line)?.[1]
    if (found !== undefined) resolve(found)
  })
  url = await promise
  const described = (await (await fetch(`${url}/dev`)).json()) as Record<string, string>
  const key: TestKey = {
    scheme: 'P256',
    privateKey: Buffer.from(described['apiPrivateKey'] ?? '', 'hex'),
    publicKey: described['apiPublicKey'] ?? '',
  }
  client = new TestClient({ url }, key, described['organizationId'] ?? '')
})

afterAll(() => {
  child.kill('SIGKILL')
})

const signHello = (timestampMs?: number) =>
  client.send(
    'submit/sign_raw_payload',
    client.body(
      'SIGN_RAW_PAYLOAD_V2',
      {
        signWith: FIRST_ADDRESS,
        payload: 'hello',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
      timestampMs,
    ),
  )

test('says its keys, and that they are public', () => {
  expect(lines.join('\n')).toContain(FIRST_ADDRESS)
  expect(lines[0]).toContain('these keys are public')
})

test('signs with the known key, byte for byte as the key itself does', async () => {
  const answer = await signHello()
  const result = answer.at<{ r: string; s: string; v: string }>(
    'activity.result.signRawPayloadResult',
  )
  const signature = `0x${result.r}${result.s}${result.v === '00' ? '1b' : '1c'}` as const
  const hash = keccak256(toHex('hello'))
  expect(await recoverAddress({ hash, signature })).toBe(FIRST_ADDRESS)
  expect(await privateKeyToAccount(FIRST_KEY).sign({ hash })).toBe(signature)
})

test('has a clock that can be set: what is timely moves with it', async () => {
  const later = Date.now() + 3 * 24 * 3600 * 1000
  expect((await signHello(later)).at('message')).toContain('outside the accepted window')
  const moved = await post(
    `${url}/dev/clock`,
    JSON.stringify({ advanceMs: later - Date.now() }),
    {},
  )
  expect(moved.at<number>('nowMs')).toBeGreaterThanOrEqual(later - 1000)
  expect((await signHello(later)).status).toBe(200)
  expect((await post(`${url}/dev/clock`, '{"nowMs":"soon"}', {})).status).toBe(400)
  expect((await post(`${url}/dev/clock`, 'x', {})).status).toBe(400)
})

test('starts over with the same keys and nothing else', async () => {
  await client.submit('create_wallet', { walletName: 'gone after the reset' })
  expect((await post(`${url}/dev/reset`, '{}', {})).at('organizationId')).toBe(
    client.organizationId,
  )
  const wallets = (await client.query('list_wallets')).at<unknown[]>('wallets')
  expect(wallets).toHaveLength(1)
  expect((await signHello()).status).toBe(200)
})

test('keeps what it would have sent, with links that can be followed', async () => {
  const outbox = async () =>
    (await (await fetch(`${url}/dev/outbox`)).json()) as { messages: { text: string }[] }
  expect(await outbox()).toEqual({ messages: [] })
  const { userId } = (await (await fetch(`${url}/dev`)).json()) as { userId: string }
  await client.submit('create_invitations', { invitations: [invitationParams(userId)] })
  const { messages } = await outbox()
  expect(messages).toMatchObject([
    { lane: 'mail', kind: 'invitation', to: { name: 'Ada', address: 'ada@example.org' } },
  ])
  const invitee = inviteeClient({ url }, linkIn(messages[0]?.text))
  expect(await invitee.query('get_invitation')).toMatchObject({
    status: 200,
    json: { organizationName: 'Development', senderUserName: 'developer' },
  })
  await post(`${url}/dev/reset`, '{}', {})
  expect(await outbox()).toEqual({ messages: [] })
})

test('ends when it is told to', async () => {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
