// Bad input to every operation: a clear error in the documented shape, and nothing changed.
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { operations } from '@keystead/server/commands'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../../support/operations.ts'
import { type Answer, post, stamp } from '../../support/client.ts'
import { inviteByHand } from '../../support/invitee.ts'
import { errorOf, startWorld, violationsOf, type World } from './world.ts'

const MIB = 1024 * 1024

let world: World
let before: { activities: string; entries: number }
let refusedSubmissions = 0
let invited: Awaited<ReturnType<typeof inviteByHand>>
beforeAll(async () => {
  world = await startWorld({ engine: 'sqlite' })
  invited = await inviteByHand(world.server, world.admin)
  before = await stored()
})
afterAll(() => world.server.dispose())

/** The audit entries of the admin's organization, as the host exports them. */
function exported(): string[] {
  const launcher = new URL('../../../bin/keystead.js', import.meta.url).pathname
  const words = [
    'audit',
    'export',
    '--data',
    world.server.data,
    '--organization',
    world.organizationId,
  ]
  const text = execFileSync(process.execPath, [launcher, ...words], { env: world.server.env })
  return text
    .toString()
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{"kind":"entry"'))
}

async function stored() {
  const { text } = await world.admin.query('list_activities', {
    paginationOptions: { limit: '100' },
  })
  return { activities: text, entries: exported().length }
}

interface Endpoint {
  path: string
  /** A valid body as an object; for a submission, its parameters are the record's example. */
  body: Record<string, unknown>
  isSubmission: boolean
}

function endpoints(): Endpoint[] {
  const { invitationId, userId } = invited
  const list = operations.map((operation): Endpoint => {
    const { path, example } = operation
    const own = path.endsWith('accept_invitation') ? { invitationId, userId } : {}
    const params = { ...(example.params as Record<string, unknown>), ...own }
    if (operation.kind === 'query') return { path, body: params, isSubmission: false }
    const type = operation.kind === 'vote' ? operation.type : (operation.versions[0]?.type ?? '')
    const envelope = { type, timestampMs: '0', organizationId: '', parameters: params }
    return { path, body: envelope, isSubmission: true }
  })
  expect(list).toHaveLength(OPERATIONS)
  return list
}

/** Posts exact bytes, stamped by whoever may call the operation: the admin, or an invitee. */
function send(path: string, body: Buffer | string): Promise<Answer> {
  const isForInvitee = operations.some((one) => one.path === path && one.caller === 'invitee')
  const { key } = isForInvitee ? invited.client : world.admin
  return post(`${world.server.url}${path}`, body, { 'x-stamp': stamp(key, body) })
}

const fresh = (body: Record<string, unknown>) => ({
  ...body,
  organizationId: world.organizationId,
  ...('type' in body ? { timestampMs: String(Date.now()) } : {}),
})

/** Asserts that a request was refused as bad, and returns the fields that it names. */
function badFieldsOf(answer: Answer): string[] {
  expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
  return violationsOf(answer).map(({ field }) => field)
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('every operation refuses a body that is not one', () => {
  const cases: [string, (text: string) => Buffer | string, string | null][] = [
    ['nothing', () => '', 'the body is not valid JSON'],
    ['no JSON', () => '{"organizationId":', 'the body is not valid JSON'],
    ['a trailing comma', (text) => text.replace(/\}$/, ',}'), 'the body is not valid JSON'],
    ['something after it', (text) => `${text}{}`, 'the body is not valid JSON'],
    ['a byte order mark', (text) => `\ufeff${text}`, 'the body is not valid JSON'],
    ['a list', (text) => `[${text}]`, 'must be a JSON object'],
    ['null', () => 'null', 'must be a JSON object'],
    ['a string', () => '"body"', 'must be a JSON object'],
    [
      'invalid UTF-8',
      (text) =>
        Buffer.concat([
          Buffer.from(text.replace(/\}$/, ',"x":"')),
          Buffer.from([0xc3, 0x28]),
          Buffer.from('"}'),
        ]),
      'the body is not valid UTF-8',
    ],
    [
      'a key twice',
      (text) => text.replace(/^\{/, '{"organizationId":"a",'),
      'the key `organizationId` appears twice',
    ],
    [
      'an escaped key twice',
      (text) => text.replace(/^\{/, '{"org\\u0061nizationId":"a",'),
      'the key `organizationId` appears twice',
    ],
    [
      '33 levels',
      (text) => text.replace(/^\{/, `{"x":${nested(32)},`),
      'the body is nested deeper than 32 levels',
    ],
    [
      '200,000 levels',
      (text) => text.replace(/^\{/, `{"x":${nested(200_000)},`),
      'the body is nested deeper than 32 levels',
    ],
    [
      '200,000 open brackets',
      () => '['.repeat(200_000),
      'the body is nested deeper than 32 levels',
    ],
  ]
  test.each(cases)('%s', async (_name, mutate, description) => {
    for (const { path, body } of endpoints()) {
      const answer = await send(path, mutate(JSON.stringify(fresh(body))))
      expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
      expect([path, errorOf(answer).message]).toEqual([path, 'bad request body'])
      expect(violationsOf(answer)).toEqual([{ field: '', description }])
    }
  })

  test('1 MiB and 1 byte', async () => {
    for (const { path } of endpoints()) {
      const answer = await send(path, 'x'.repeat(MIB + 1))
      expect([path, answer.status]).toEqual([path, 413])
      expect(errorOf(answer)).toMatchObject({
        code: 3,
        message: 'request body is too large',
        details: [],
      })
    }
  })

  test('8 MiB, which are still being written when it is known', async () => {
    for (let round = 0; round < 10; round++) {
      expect((await send('/public/v1/query/whoami', 'x'.repeat(8 * MIB))).status).toBe(413)
    }
  })

  test('64 MiB: the connection is closed, and the server goes on', async () => {
    await send('/public/v1/query/whoami', 'x'.repeat(64 * MIB)).catch(() => undefined)
    expect((await send('/public/v1/query/whoami', '')).status).toBe(400)
  })

  test('but 1 MiB is read, and 32 levels too', async () => {
    const text = JSON.stringify(fresh({}))
    const large = text + ' '.repeat(MIB - text.length)
    expect((await send('/public/v1/query/whoami', large)).status).toBe(200)
    const deep = text.replace(/^\{/, `{"x":${nested(31)},`)
    expect((await send('/public/v1/query/whoami', deep)).status).toBe(200)
  })
})

describe('every operation refuses an organization that is none', () => {
  test.each([
    ['absent', undefined, 'bad request body'],
    ['null', null, 'bad request body'],
    ['a number', 5, 'malformed organization ID provided'],
    ['a word', 'mine', 'malformed organization ID provided'],
    ['empty', '', 'malformed organization ID provided'],
    ['an object', { __proto__: null }, 'malformed organization ID provided'],
    ['a prototype name', '__proto__', 'malformed organization ID provided'],
  ])('%s', async (_name, organizationId, message) => {
    for (const { path, body } of endpoints()) {
      const answer = await send(path, JSON.stringify({ ...fresh(body), organizationId }))
      expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
      expect([path, errorOf(answer).message]).toEqual([path, message])
    }
  })

  test('unknown', async () => {
    for (const { path, body } of endpoints()) {
      const organizationId = crypto.randomUUID()
      const answer = await send(path, JSON.stringify({ ...fresh(body), organizationId }))
      // One that finds the caller's organization from the parent's id has a whole family to load.
      const family = path.endsWith('whoami')
      expect([path, answer.status]).toEqual([path, family ? 400 : 404])
      expect(errorOf(answer)).toEqual({
        code: family ? 3 : 5,
        message: family
          ? 'failed to load organizations'
          : 'no organization found with the given ID',
        details: [],
        turnkeyErrorCode: 'ORGANIZATION_NOT_FOUND',
      })
    }
  })
})

describe('every submission refuses', () => {
  const cases: [string, Record<string, unknown>, readonly string[]][] = [
    ['no type', { type: undefined }, ['type']],
    ['a type that is a number', { type: 1 }, ['type']],
    ['an unknown type', { type: 'ACTIVITY_TYPE_CREATE_NOTHING' }, ['type']],
    ['a type with a prototype name', { type: 'constructor' }, ['type']],
    ['no timestamp', { timestampMs: undefined }, ['timestampMs']],
    ['a timestamp that is a number', { timestampMs: Date.now() }, ['timestampMs']],
    ['a timestamp that is a word', { timestampMs: 'now' }, ['timestampMs']],
    ['a negative timestamp', { timestampMs: '-1' }, ['timestampMs']],
    ['a timestamp of 20 digits', { timestampMs: '9'.repeat(20) }, ['timestampMs']],
    ['no parameters', { parameters: undefined }, ['parameters']],
    ['parameters that are a list', { parameters: [] }, ['parameters']],
    ['parameters that are a string', { parameters: 'x' }, ['parameters']],
  ]
  test.each(cases)('%s', async (_name, change, fields) => {
    for (const { path, body, isSubmission } of endpoints()) {
      if (!isSubmission) continue
      const answer = await send(path, JSON.stringify({ ...fresh(body), ...change }))
      refusedSubmissions++
      const isVote = path.includes('approve') || path.includes('reject')
      // A vote knows only its own type, and every other one is that of another path.
      const mismatch = isVote && typeof change['type'] === 'string'
      expect([path, badFieldsOf(answer)]).toEqual([path, mismatch ? [] : fields])
    }
  })

  test('the type of another path', async () => {
    for (const { path, body, isSubmission } of endpoints()) {
      if (!isSubmission) continue
      const other = path.endsWith('create_wallet')
        ? { type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2', parameters: signParameters }
        : { type: 'ACTIVITY_TYPE_CREATE_WALLET', parameters: { walletName: 'w', accounts: [] } }
      const answer = await send(path, JSON.stringify({ ...fresh(body), ...other }))
      refusedSubmissions++
      expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
      expect(errorOf(answer).message).toBe('activity type does not match the request path')
    }
  })

  test.each(['surprise', '__proto__', 'constructor', 'toString'])(
    'an unknown parameter `%s`',
    async (name) => {
      for (const { path, body, isSubmission } of endpoints()) {
        if (!isSubmission) continue
        const text = JSON.stringify(fresh(body)).replace(
          '"parameters":{',
          `"parameters":{"${name}":{"a":1},`,
        )
        const answer = await send(path, text)
        refusedSubmissions++
        expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
        expect([path, violationsOf(answer)]).toEqual([
          path,
          [{ field: name, description: 'unknown field' }],
        ])
      }
    },
  )
})

const signParameters = {
  signWith: 'a',
  payload: 'b',
  encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
  hashFunction: 'HASH_FUNCTION_SHA256',
}

describe('after all that', () => {
  test('connections that speak no HTTP are answered in the documented shape', async () => {
    const { hostname, port } = new URL(world.server.url)
    const talk = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => socket.write(text))
        let heard = ''
        socket.on('data', (data) => {
          heard += data.toString()
        })
        socket.on('close', () => resolve(heard))
        socket.on('error', reject)
      })
    const huge = `POST /public/v1/query/whoami HTTP/1.1\r\nhost: x\r\nx-stamp: ${'a'.repeat(40_000)}\r\n\r\n`
    for (const [text, status] of [
      [huge, 431],
      ['NONSENSE\r\n\r\n', 400],
    ] as const) {
      const [head = '', body = ''] = (await talk(text)).split('\r\n\r\n')
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(head.toLowerCase()).toContain('\r\ncontent-type: application/json\r\n')
      expect(JSON.parse(body)).toMatchObject({ code: 3, details: [] })
    }
  })

  test('the server still answers, and stored only entries of what it authenticated', async () => {
    const after = await stored()
    expect(refusedSubmissions).toBeGreaterThan(100)
    expect(after.entries - before.entries).toBe(refusedSubmissions)
    expect(JSON.parse(before.activities)).toMatchObject({
      activities: [{ type: 'ACTIVITY_TYPE_CREATE_INVITATIONS' }],
    })
    expect(after.activities).toBe(before.activities)
    expect((await world.admin.query('whoami')).status).toBe(200)
  })
})

describe('every operation refuses a member of the wrong type', () => {
  const wrong = [5, -1, 1.5, true, 'x', [], {}, [null], '\u0000', '\ud800', '__proto__']

  /** The members of `value`, at any depth, as paths. */
  function pathsOf(value: unknown): (string | number)[][] {
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, member]) => [
      [Array.isArray(value) ? Number(key) : key],
      ...pathsOf(member).map((path) => [Array.isArray(value) ? Number(key) : key, ...path]),
    ])
  }

  function changed(value: unknown, path: readonly (string | number)[], member: unknown): unknown {
    const [key, ...rest] = path
    if (key === undefined) return member
    const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
    Reflect.set(copy, key, changed(Reflect.get(copy, key), rest, member))
    return copy
  }

  /** Every operation's valid body with one member replaced, for every member. */
  function bodies(): { path: string; text: string }[] {
    return endpoints().flatMap(({ path, body }) => {
      const inner = 'parameters' in body
      const places = pathsOf(inner ? body['parameters'] : body)
      const full = places.filter(([first]) => first !== 'organizationId')
      return full.flatMap((place) =>
        wrong.map((member) => ({
          path,
          text: JSON.stringify(changed(fresh(body), place, member)),
        })),
      )
    })
  }

  test('at every place, with everything', { timeout: 180_000 }, async () => {
    const requests = bodies()
    expect(requests.length).toBeGreaterThan(500)
    const statuses = new Set<number>()
    for (const { path, text } of requests) {
      const answer = await send(path, text)
      expect(answer.contentType).toBe('application/json')
      if (answer.status !== 200) errorOf(answer)
      statuses.add(answer.status)
    }
    expect(statuses).toEqual(new Set([200, 400, 404]))
  })
})
