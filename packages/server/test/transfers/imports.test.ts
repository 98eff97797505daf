// Imports: the key that they are encrypted to works once, for one user, for one thing, for a while.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setLimits } from '../../src/host/governance.ts'
import { ImportKeyPurge } from '../../src/jobs/purgeImportKeys.ts'
import type { App } from '../../src/app.ts'
import { adminClient, formQuorum, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import {
  beginImport,
  encrypted,
  encryptTo,
  errorText,
  importKey,
  importWallet,
} from '../support/transfers.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'
const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const DAY_MS = 86_400_000
const CLOSED =
  'no import is open for this user: initialize one, and use its import bundle once and in time'
const UNDECRYPTABLE =
  'encrypted bundle could not be decrypted with the key of the newest import bundle'
const MATERIAL = ['wallet', 'wallet_secret', 'wallet_account', 'private_key', 'private_key_secret']

describe.each(engines)('imports on %s', (engine) => {
  let instance: Instance
  let other: App
  let admin: TestUser
  let laterMs = 0

  beforeAll(async () => {
    instance = await openInstance(engine, { clock: { now: () => Date.now() + laterMs } })
    other = await instance.openApp()
    const client = adminClient(instance.app, instance.admin)
    admin = { client, userId: instance.admin.userId }
  })
  afterAll(() => instance.dispose())

  const material = () => Promise.all(MATERIAL.map((table) => instance.count(table)))

  /** Asserts that what `work` does stores no key material. */
  async function storingNothing(work: () => Promise<void>): Promise<void> {
    const before = await material()
    await work()
    expect(await material()).toEqual(before)
  }

  test('work once', async () => {
    const bundle = await encrypted(admin, 'wallet', MNEMONIC)
    const made = await importWallet(admin, bundle, 'once')
    expect(made.at('activity.result.importWalletResult.addresses')).toEqual([ADDRESS])
    expect(await instance.count('import_key')).toBe(0)
    await storingNothing(async () => {
      expect(errorText(await importWallet(admin, bundle, 'twice'))).toBe(CLOSED)
    })
  })

  test('work once when two processes get them at once', async () => {
    for (let round = 0; round < 4; round += 1) {
      const bundle = await encrypted(admin, 'wallet', MNEMONIC)
      const there = { ...admin, client: admin.client.through(other) }
      const before = await instance.count('wallet')
      const answers = await Promise.all([
        importWallet(admin, bundle, `here ${round}`),
        importWallet(there, bundle, `there ${round}`),
      ])
      expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 404])
      expect(await instance.count('wallet')).toBe(before + 1)
    }
  })

  test('answer the same request with the same activity', async () => {
    const encryptedBundle = await encrypted(admin, 'wallet', MNEMONIC)
    const { userId, client } = admin
    const body = client.body('IMPORT_WALLET', { userId, walletName: 'repeated', encryptedBundle })
    const first = await client.send('submit/import_wallet', body)
    const second = await client.send('submit/import_wallet', body)
    expect([first.status, second.at('activity.id')]).toEqual([200, first.at('activity.id')])
  })

  test('take only what is encrypted to the newest key, and leave that for what is', async () => {
    const late = await encrypted(admin, 'wallet', MNEMONIC)
    const bundle = await encrypted(admin, 'wallet', MNEMONIC)
    await storingNothing(async () => {
      expect(errorText(await importWallet(admin, late, 'late'))).toBe(UNDECRYPTABLE)
    })
    expect((await importWallet(admin, bundle, 'newest')).status).toBe(200)
  })

  test('refuse bundles that were changed anywhere', async () => {
    const another = await encrypted(admin, 'wallet', MNEMONIC)
    const bundle = await encrypted(admin, 'wallet', MNEMONIC)
    const parts = JSON.parse(bundle) as Record<'encappedPublic' | 'ciphertext', string>
    const flip = (text: string, at: number) =>
      `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
    const { encappedPublic, ciphertext } = parts
    const refusals = async (changed: readonly object[]) => {
      const answers = []
      for (const change of changed) {
        const text = JSON.stringify({ ...parts, ...change })
        answers.push(await importWallet(admin, text, 'changed'))
      }
      return answers
    }
    await storingNothing(async () => {
      const points = [1, 3, 40, 65, 67, 100, 129].map((at) => flip(encappedPublic, at))
      const wrongPoints = await refusals(points.map((point) => ({ encappedPublic: point })))
      for (const answer of wrongPoints) {
        expect(answer.at('details.0.fieldViolations.0.field')).toBe('encryptedBundle')
      }
      const end = ciphertext.length
      const places = [0, 50, 100, end - 32, end - 20, end - 1]
      const wrong = await refusals([
        { encappedPublic: (JSON.parse(another) as typeof parts).encappedPublic },
        ...places.map((at) => ({ ciphertext: flip(ciphertext, at) })),
        { ciphertext: ciphertext.slice(2) },
        { ciphertext: ciphertext.slice(0, -2) },
        { ciphertext: `${ciphertext}00` },
      ])
      expect(wrong.map(errorText)).toEqual(Array.from({ length: 10 }, () => UNDECRYPTABLE))
      expect(wrongPoints).toHaveLength(7)
    })
    expect((await importWallet(admin, bundle, 'unchanged')).status).toBe(200)
  })

  const badMnemonics = {
    'a wrong checksum': `${'test '.repeat(11)}test`,
    'a word of no list': `${'test '.repeat(11)}keystead`,
    'eleven words': 'test '.repeat(11).trim(),
    'thirteen words': `${'test '.repeat(12)}junk`,
    'no words': '',
    'a passphrase alone': '\n--PASS--\nsecret',
    'bytes that are no text': Buffer.of(0xff, 0xfe, 0x80),
  }
  test.each(Object.entries(badMnemonics))('refuse %s, and are over', async (name, words) => {
    const bundle = await encrypted(admin, 'wallet', words)
    await storingNothing(async () => {
      const refused = await importWallet(admin, bundle, name)
      expect([refused.status, errorText(refused)]).toEqual([400, 'invalid mnemonic'])
      expect(await instance.count('import_key')).toBe(0)
      expect(errorText(await importWallet(admin, bundle, name))).toBe(CLOSED)
    })
    const { status, failure } = (await admin.client.query('list_activities')).at<{
      status: string
      failure: unknown
    }>('activities.1')
    expect(status).toBe('ACTIVITY_STATUS_FAILED')
    expect(failure).toMatchObject({ code: 3, message: 'invalid mnemonic' })
  })

  const ORDER = {
    SECP256K1: 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
    P256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  }
  const badKeys = [
    ['SECP256K1', '00'.repeat(32)],
    ['SECP256K1', ORDER.SECP256K1],
    ['SECP256K1', '11'.repeat(31)],
    ['SECP256K1', '11'.repeat(33)],
    ['P256', '00'.repeat(32)],
    ['P256', ORDER.P256],
    ['ED25519', '11'.repeat(31)],
    ['ED25519', '11'.repeat(64)],
    ['ED25519', ''],
  ] as const
  test.each(badKeys)('refuse for %s the key %s', async (curve, hex) => {
    const bundle = await encrypted(admin, 'private_key', Buffer.from(hex, 'hex'))
    const key = { privateKeyName: 'bad', curve: `CURVE_${curve}` }
    await storingNothing(async () => {
      expect(errorText(await importKey(admin, bundle, key))).toBe('invalid private key')
      expect(errorText(await importKey(admin, bundle, key))).toBe(CLOSED)
    })
  })

  test.each([
    ['SECP256K1', '034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa'],
    ['P256', '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed'],
    ['ED25519', 'd04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737'],
  ])('take keys of %s', async (curve, publicKey) => {
    const bundle = await encrypted(admin, 'private_key', Buffer.alloc(32, 0x11))
    const made = await importKey(admin, bundle, { privateKeyName: curve, curve: `CURVE_${curve}` })
    const privateKeyId = made.at('activity.result.importPrivateKeyResult.privateKeyId')
    const { privateKey } = (await admin.client.query('get_private_key', { privateKeyId })).json as {
      privateKey: { publicKey: string; imported: boolean }
    }
    expect(privateKey.imported).toBe(true)
    expect(privateKey.publicKey).toContain(publicKey.slice(2))
  })

  test('are for the user who makes the request, and for nobody else', async () => {
    const member = await admin.client.createUser('importer')
    const asked = await admin.client.submit('init_import_wallet', { userId: member.userId })
    expect(errorText(asked)).toBe('userId must be the user who makes the request')
    const policy = { policyName: 'importers', effect: 'EFFECT_ALLOW', notes: '' }
    const made = await admin.client.submit('create_policy', policy, 'CREATE_POLICY_V3')
    const theirs = await encrypted(member, 'wallet', MNEMONIC)
    await beginImport(admin, 'wallet')
    await storingNothing(async () => {
      // Sent in one's own name, in the other's name, and by the other.
      expect(errorText(await importWallet(admin, theirs, 'stolen'))).toBe(UNDECRYPTABLE)
      const posing = { client: admin.client, userId: member.userId }
      expect(errorText(await importWallet(posing, theirs, 'stolen'))).toMatch(/^userId must be/)
    })
    expect((await importWallet(member, theirs, 'own')).status).toBe(200)
    const policyId = made.at('activity.result.createPolicyResult.policyId')
    await admin.client.submit('delete_policy', { policyId })
  })

  test('are for one organization', async () => {
    const organization = await instance.createOrganization('elsewhere')
    const elsewhere = {
      client: adminClient(instance.app, organization),
      userId: organization.userId,
    }
    const bundle = await encrypted(elsewhere, 'wallet', MNEMONIC)
    await beginImport(admin, 'wallet')
    await storingNothing(async () => {
      expect(errorText(await importWallet(admin, bundle, 'foreign'))).toBe(UNDECRYPTABLE)
    })
  })

  test('are for a wallet or for a private key', async () => {
    const forKey = await encrypted(admin, 'private_key', MNEMONIC)
    const forWallet = await encrypted(admin, 'wallet', Buffer.alloc(32, 0x11))
    const key = { privateKeyName: 'crossed', curve: 'CURVE_ED25519' }
    await storingNothing(async () => {
      expect(errorText(await importWallet(admin, forKey, 'crossed'))).toBe(UNDECRYPTABLE)
      expect(errorText(await importKey(admin, forWallet, key))).toBe(UNDECRYPTABLE)
    })
  })

  test('fail before they decrypt when the name is taken or the limit reached', async () => {
    const bundle = await encrypted(admin, 'wallet', MNEMONIC)
    expect(errorText(await importWallet(admin, bundle, 'once'))).toBe('wallet label must be unique')
    const { organizationId } = instance
    await setLimits(instance.app, { organizationId, set: { wallets: 1 } })
    expect((await importWallet(admin, bundle, 'one more')).status).toBe(429)
    await setLimits(instance.app, { organizationId, set: { wallets: 100 } })
    expect((await importWallet(admin, bundle, 'one more')).status).toBe(200)
  })

  test('leave a key that is erased when it has expired', async () => {
    const { store, deps } = instance.app
    const { queue, clock } = deps
    const purge = () => new ImportKeyPurge({ store, queue, clock, holder: 'test' }).run()
    await beginImport(admin, 'wallet')
    await purge()
    expect(await instance.count('import_key')).toBeGreaterThan(0)
    await instance.tamper('update import_key set expires_ms = 1')
    await purge()
    expect(await instance.count('import_key')).toBe(0)
    expect(await instance.problems()).toEqual([])
  })

  test('leave no key behind when their user goes', async () => {
    const member = await admin.client.createUser('leaving')
    const policy = { policyName: 'importers', effect: 'EFFECT_ALLOW', notes: '' }
    await admin.client.submit('create_policy', policy, 'CREATE_POLICY_V3')
    const before = await instance.count('import_key')
    await beginImport(member, 'wallet')
    await beginImport(member, 'private_key')
    expect(await instance.count('import_key')).toBe(before + 2)
    await admin.client.submit('delete_users', { userIds: [member.userId] })
    expect(await instance.count('import_key')).toBe(before)
  })

  test.each([
    ['put off', 'update import_key set expires_ms = expires_ms + 1'],
    ['given to another kind', "update import_key set kind = 'private_key'"],
  ])('trust no key whose row was %s by SQL', async (_how, sql) => {
    await instance.tamper('delete from import_key')
    const bundle = await encrypted(admin, 'wallet', MNEMONIC)
    await instance.tamper(sql)
    await storingNothing(async () => {
      const asKey = { privateKeyName: 'tampered', curve: 'CURVE_ED25519' }
      const answer = sql.includes('kind')
        ? await importKey(admin, bundle, asKey)
        : await importWallet(admin, bundle, 'tampered')
      expect(answer.status).toBe(500)
    })
    await instance.tamper('delete from import_key')
  })

  // The last one: on SQLite the organization's time has gone on by a day after it.
  test('end after a day', async () => {
    const { client, userId } = admin
    const wallet = await encrypted(admin, 'wallet', MNEMONIC)
    const key = await encrypted(admin, 'private_key', Buffer.alloc(32, 1))
    const submitAfter = (afterMs: number, path: string, params: object) => {
      laterMs = afterMs
      const body = client.body(path.toUpperCase(), { userId, ...params }, Date.now() + afterMs)
      return client.send(`submit/${path}`, body)
    }
    const inTime = { walletName: 'in time', encryptedBundle: wallet }
    expect((await submitAfter(DAY_MS - 60_000, 'import_wallet', inTime)).status).toBe(200)
    const late = { privateKeyName: 'late', curve: 'CURVE_P256', encryptedBundle: key }
    await storingNothing(async () => {
      const answer = await submitAfter(DAY_MS + 60_000, 'import_private_key', late)
      expect(errorText(answer)).toBe(CLOSED)
    })
  })
})

describe('imports that wait for votes', () => {
  let instance: Instance
  let first: TestUser
  let second: TestUser

  beforeAll(async () => {
    instance = await openInstance('sqlite')
    const users = await formQuorum(instance.app, instance.admin, { count: 2, threshold: 2 })
    ;[first, second] = users as [TestUser, TestUser]
  })
  afterAll(() => instance.dispose())

  /** Begins an import and has it approved. */
  async function begin(): Promise<string> {
    const held = await first.client.submit('init_import_wallet', { userId: first.userId })
    const begun = await second.client.approve(held.at('activity.fingerprint'))
    return begun.at('activity.result.initImportWalletResult.importBundle')
  }

  async function importHeld(importBundle: string, walletName: string) {
    const encryptedBundle = encryptTo(importBundle, Buffer.from(MNEMONIC))
    const held = await importWallet(first, encryptedBundle, walletName)
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    return held.at('activity.fingerprint')
  }

  test('run when they are approved, for the user who began them', async () => {
    const fingerprint = await importHeld(await begin(), 'approved')
    expect(await instance.count('wallet')).toBe(0)
    const done = await second.client.approve(fingerprint)
    expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(done.at('activity.result.importWalletResult.addresses')).toEqual([ADDRESS])
  })

  test('fail when another was begun since, and leave that alone', async () => {
    const fingerprint = await importHeld(await begin(), 'overtaken')
    const next = await begin()
    const failed = await second.client.approve(fingerprint)
    expect(failed.at('activity.status')).toBe('ACTIVITY_STATUS_FAILED')
    expect(failed.at('activity.failure.message')).toBe(UNDECRYPTABLE)
    const done = await second.client.approve(await importHeld(next, 'next'))
    expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test('fail when their key was used up meanwhile, and say so', async () => {
    const bundle = await begin()
    const [one, two] = [await importHeld(bundle, 'one'), await importHeld(bundle, 'two')]
    expect((await second.client.approve(one)).at('activity.status')).toMatch(/COMPLETED$/)
    const failed = await second.client.approve(two)
    expect(failed.at('activity.failure.message')).toBe(CLOSED)
    expect(await instance.problems()).toEqual([])
  })
})
