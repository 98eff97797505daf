// Bodies with secrets: nothing of a token is kept, but sealed and only while votes are awaited.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@keystead/crypto/node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { type Issuer, startIssuer } from '../../../../tests/support/oidcIssuer.ts'
import { adminClient, AppClient } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const EMAIL = 'alice@example.com'
const HOUR_MS = 3_600_000

let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

describe.each(engines)('a body with a token on %s', (engine) => {
  let instance: Instance
  let laterMs = 0
  let admin: AppClient
  /** Two root users of a sub-organization who must agree. */
  let first: AppClient
  let second: AppClient
  let userId: string
  let token: string

  beforeAll(async () => {
    const oidc = { privateIssuers: [issuer.url], emailIssuers: [issuer.url] }
    const clock = { now: () => Date.now() + laterMs }
    instance = await openInstance(engine, { clock, config: { oidc } })
    admin = adminClient(instance.app, instance.admin)
  })
  afterAll(() => instance.dispose())

  beforeEach(async () => {
    laterMs = 0
    const keys = [generateKey(), generateKey()] as const
    const made = await admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'below',
        rootUsers: keys.map((key) => ({
          userName: 'root',
          userEmail: EMAIL,
          apiKeys: [apiKeyParams(key)],
        })),
        rootQuorumThreshold: 2,
      },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const result = 'activity.result.createSubOrganizationResultV8'
    const id = made.at(`${result}.subOrganizationId`)
    ;[first, second] = [0, 1].map((n) => new AppClient(instance.app, keys[n as 0], id)) as [
      AppClient,
      AppClient,
    ]
    userId = made.at(`${result}.rootUserIds.0`)
    token = await newToken()
  })

  const newToken = () =>
    issuer.signIn({ sub: `s${Math.random()}`, email: EMAIL, email_verified: true })
  const providers = () => [{ providerName: 'p', oidcToken: token }]
  const addBody = (client = first, id = userId) =>
    client.body('CREATE_OAUTH_PROVIDERS_V2', { userId: id, oauthProviders: providers() })
  const userBody = (client = first) =>
    client.body('CREATE_USERS_V4', { users: [{ userName: 'new', oauthProviders: providers() }] })
  const status = (answer: Answer) =>
    answer.status === 200 ? answer.at('activity.status') : answer.status

  /** Everything in the database, as bytes: every cell of every table, and the file itself. */
  async function dump(): Promise<string> {
    const tables = await instance.rows<{ name: string }>(
      engine === 'sqlite'
        ? `select name from sqlite_master where type = 'table'`
        : `select tablename as name from pg_tables where schemaname = 'public'`,
    )
    expect(tables.length).toBeGreaterThan(20)
    const parts: string[] = []
    for (const { name } of tables) {
      for (const row of await instance.rows(`select * from ${name}`)) {
        for (const cell of Object.values(row)) {
          parts.push(Buffer.isBuffer(cell) ? cell.toString('latin1') : String(cell))
        }
      }
    }
    if (engine === 'sqlite') {
      const { dataDirectory } = instance.config
      const files = readdirSync(dataDirectory).filter((name) => name.startsWith('keystead.db'))
      for (const file of files) parts.push(readFileSync(join(dataDirectory, file), 'latin1'))
    }
    return parts.join('\n')
  }

  async function expectNoToken(): Promise<void> {
    const everything = await dump()
    expect(everything).toContain('"oidcToken":""')
    for (const part of token.split('.').slice(1)) expect(everything).not.toContain(part)
  }

  const rowOf = async (answer: Answer) => {
    const [row] = await instance.rows<{
      status: string
      redacted: number
      sealed_body: Buffer | null
    }>('select status, redacted, sealed_body from activity where id = ?u', answer.at('activity.id'))
    return row
  }
  const usersOf = async (organizationId: string) => {
    const organization = await instance.app.deps.directory.refresh(organizationId)
    return [...(organization?.users.values() ?? [])]
  }
  const identities = async () =>
    (await usersOf(first.organizationId)).flatMap(({ oidcIdentities }) => oidcIdentities)

  /** Holds the creation of a user, who has the token. */
  async function hold() {
    const body = userBody()
    const held = await first.send('submit/create_users', body)
    expect(status(held)).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    return { held, body, fingerprint: held.at('activity.fingerprint') }
  }

  test('is stored without it, and known by what was signed', async () => {
    const body = addBody()
    const done = await first.send('submit/create_oauth_providers', body)
    expect(status(done)).toBe('ACTIVITY_STATUS_COMPLETED')
    await expectNoToken()
    expect(await rowOf(done)).toMatchObject({ redacted: 1, sealed_body: null })
    const redacted = { userId, oauthProviders: [{ providerName: 'p', oidcToken: '' }] }
    expect(done.at('activity.intent.createOauthProvidersIntentV2')).toEqual(redacted)
    expect(JSON.parse(done.at('activity.votes.0.message'))).toEqual({
      ...(JSON.parse(body) as object),
      parameters: redacted,
    })
    const hash = sha256(Buffer.from(body)).toString('hex')
    expect(done.at('activity.fingerprint')).toBe(`sha256:${hash}`)
    const [entry] = await instance.rows<{ body_hash: Buffer }>(
      'select body_hash from audit_entry where activity_id = ?u',
      done.at('activity.id'),
    )
    expect(entry?.body_hash.toString('hex')).toBe(hash)
  })

  test('sent again answers with its activity, even when the token has expired', async () => {
    const body = addBody()
    const done = await first.send('submit/create_oauth_providers', body)
    laterMs = 2 * HOUR_MS
    const again = await first.send('submit/create_oauth_providers', body)
    expect(again.at('activity.id')).toBe(done.at('activity.id'))
    expect(status(again)).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await identities()).toHaveLength(1)
  })

  test('is kept sealed while it waits, runs whole, and is then erased', async () => {
    const { held, fingerprint } = await hold()
    const seen = await second.query('get_activity', { activityId: held.at('activity.id') })
    expect(seen.json).toMatchObject({ activity: { canApprove: true, canReject: true } })
    await expectNoToken()
    const sealed = (await rowOf(held))?.sealed_body
    expect(sealed?.length).toBeGreaterThan(token.length)
    const asked = await second.query('get_activity', { activityId: held.at('activity.id') })
    expect(asked.text).toContain('"oidcToken":""')
    expect(asked.text).not.toContain(token)
    expect(status(await second.approve(fingerprint))).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await identities()).toMatchObject([{ issuer: issuer.url, audience: issuer.clientId }])
    expect(await rowOf(held)).toEqual({ status: 'COMPLETED', redacted: 1, sealed_body: null })
    await expectNoToken()
    expect(await instance.problems()).toEqual([])
  })

  test('is erased when it is rejected', async () => {
    const { held, body, fingerprint } = await hold()
    expect(status(await second.reject(fingerprint))).toBe('ACTIVITY_STATUS_REJECTED')
    expect(await rowOf(held)).toEqual({ status: 'REJECTED', redacted: 1, sealed_body: null })
    const again = await first.send('submit/create_users', body)
    expect(again.at('activity.id')).toBe(held.at('activity.id'))
    expect(await identities()).toEqual([])
    await expectNoToken()
  })

  test('is erased when it fails at the last vote', async () => {
    const { held, fingerprint } = await hold()
    laterMs = 2 * HOUR_MS
    const failed = await second.approve(fingerprint)
    expect(status(failed)).toBe('ACTIVITY_STATUS_FAILED')
    expect(failed.at('activity.failure.message')).toBe('invalid oidc token')
    expect(await rowOf(held)).toEqual({ status: 'FAILED', redacted: 1, sealed_body: null })
    expect(await identities()).toEqual([])
    await expectNoToken()
  })

  test('is not kept when it is refused or denied', async () => {
    const refused = await admin.send('submit/create_users', userBody(admin))
    expect(refused.status).toBe(400)
    const stranger = new AppClient(instance.app, admin.key, first.organizationId)
    const denied = await stranger.send('submit/create_users', userBody(stranger))
    expect(denied.status).toBe(403)
    expect(
      await instance.rows(
        `select status from activity where sealed_body is not null and status <> 'CONSENSUS_NEEDED'`,
      ),
    ).toEqual([])
    await expectNoToken()
  })

  test('is stored without it in a new sub-organization, whose user’s address is verified', async () => {
    const rootUsers = [{ userName: 'u', userEmail: EMAIL, oauthProviders: providers() }]
    const params = { subOrganizationName: 'deeper', rootUsers, rootQuorumThreshold: 1 }
    const made = await admin.submit('create_sub_organization', params, 'CREATE_SUB_ORGANIZATION_V8')
    const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
    expect(await usersOf(id)).toMatchObject([
      { emailVerified: true, oidcIdentities: [{ issuer: issuer.url }] },
    ])
    await expectNoToken()
  })

  test('verifies the address of the user that it is added to, and of nobody else', async () => {
    await first.send('submit/create_oauth_providers', addBody())
    const verified = (await usersOf(first.organizationId)).filter((user) => user.emailVerified)
    expect(verified.map(({ id }) => id)).toEqual([userId])
  })

  test('counts for the parent only while the token is valid', async () => {
    const parent = new AppClient(instance.app, admin.key, first.organizationId)
    const done = await parent.send('submit/create_oauth_providers', addBody(parent))
    expect(status(done)).toBe('ACTIVITY_STATUS_COMPLETED')
    token = await newToken()
    laterMs = 2 * HOUR_MS
    const late = parent.body(
      'CREATE_OAUTH_PROVIDERS_V2',
      { userId, oauthProviders: providers() },
      Date.now() + laterMs,
    )
    const refused = await parent.send('submit/create_oauth_providers', late)
    expect(refused.at('message')).toBe('invalid oidc token')
    expect(await identities()).toHaveLength(1)
  })

  describe('changed by SQL while it waits', () => {
    const change = async (answer: Answer, set: string, ...values: (Buffer | null)[]) =>
      instance.tamper(
        `update activity set ${set} where id = ?u`,
        ...values,
        answer.at('activity.id'),
      )

    test.each<[string, (held: Answer) => Promise<unknown>]>([
      ['its original is gone', (held) => change(held, 'sealed_body = null')],
      ['its original is noise', (held) => change(held, 'sealed_body = ?', Buffer.alloc(200, 7))],
      ['it is no longer marked', (held) => change(held, 'redacted = null')],
      [
        'its original is another activity’s',
        async (held) => {
          const another = await first.send('submit/create_users', userBody())
          const row = await rowOf(another)
          await change(held, 'sealed_body = ?', row?.sealed_body ?? null)
        },
      ],
    ])('does not run when %s', async (_what, tamper) => {
      const { held, fingerprint } = await hold()
      await tamper(held)
      expect((await second.approve(fingerprint)).status).toBe(500)
      expect(await rowOf(held)).toMatchObject({ status: 'CONSENSUS_NEEDED' })
      expect(await identities()).toEqual([])
    })
  })

  test('without a token is stored byte for byte', async () => {
    const body = first.body('CREATE_OAUTH_PROVIDERS_V2', {
      oauthProviders: [{ oidcClaims: { aud: 'a', iss: issuer.url, sub: 's' }, providerName: 'p' }],
      userId,
    })
    const done = await first.send('submit/create_oauth_providers', body)
    const [row] = await instance.rows<{ body: Buffer; redacted: number | null }>(
      'select body, redacted from activity where id = ?u',
      done.at('activity.id'),
    )
    expect(row).toEqual({ body: Buffer.from(body), redacted: null })
    expect(done.at('activity.votes.0.message')).toBe(body)
  })
})
