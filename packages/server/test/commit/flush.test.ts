// One flush, many units: what fails alone fails alone, and nothing of it stays.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome, Unit } from '../../src/commit/unit.ts'
import { AppError } from '../../src/errors.ts'
import { newUuid } from '../../src/platform/ids.ts'
import { accountParams, adminClient, type AppClient, createWallet } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { activityUnit, insertsUser, unitOf } from '../support/units.ts'

const UNITS = 64
const MIDDLE = 31

describe.each(engines)('a flush on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  let id: string

  beforeAll(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
    id = instance.organizationId
  })
  afterAll(() => instance.dispose())

  const submit = (unit: Unit): Promise<Outcome> => instance.app.deps.queue.submit(unit)
  const usersNamed = (name: string) => instance.rows('select id from org_user where name = ?', name)

  /** Settles `UNITS` units that write a row each; `bad` is the effects of the one in the middle. */
  async function settleAround(name: string, bad: NonNullable<Unit['effects']>) {
    const before = await instance.entries()
    const units = Array.from({ length: UNITS }, (_, index) =>
      unitOf(id, `${name}.${index}`, {
        changes: 'snapshot',
        effects: index === MIDDLE ? bad : insertsUser(id, name),
      }),
    )
    const settled = await Promise.allSettled(units.map(submit))
    const entries = (await instance.entries()).slice(before.length)
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, n) => before.length + n + 1))
    return { units, settled, entries }
  }

  test('in which one unit throws commits the 63 others and nothing of that one', async () => {
    const thrower = insertsUser(id, 'of the thrown unit')
    const { units, settled, entries } = await settleAround('thrown', async (tx) => {
      await thrower(tx)
      throw new Error('thrown on purpose')
    })
    expect(settled[MIDDLE]).toMatchObject({
      status: 'rejected',
      reason: expect.objectContaining({ message: 'thrown on purpose' }) as unknown,
    })
    const others = settled.filter((_, index) => index !== MIDDLE)
    expect(others).toHaveLength(UNITS - 1)
    for (const other of others) expect(other).toMatchObject({ value: { kind: 'committed' } })
    expect(new Set(entries.map(({ unit_id }) => unit_id))).toEqual(
      new Set(units.filter((_, index) => index !== MIDDLE).map((unit) => unit.id)),
    )
    expect(await usersNamed('thrown')).toHaveLength(UNITS - 1)
    expect(await usersNamed('of the thrown unit')).toEqual([])
    expect(await instance.problems()).toEqual([])
  })

  test('in which effects refuse with a declared error writes nothing of that unit', async () => {
    const refuser = insertsUser(id, 'of the refused unit')
    const { settled, entries } = await settleAround('refused', async (tx) => {
      await refuser(tx)
      throw new AppError('INVALID_PATH')
    })
    expect(settled[MIDDLE]).toMatchObject({
      value: {
        kind: 'failed',
        error: expect.objectContaining({ code: 'INVALID_PATH' }) as unknown,
      },
    })
    expect(entries).toHaveLength(UNITS - 1)
    expect(await usersNamed('refused')).toHaveLength(UNITS - 1)
    expect(await usersNamed('of the refused unit')).toEqual([])
    expect(await instance.problems()).toEqual([])
  })

  test('in which the database refuses the row of one unit commits the 63 others', async () => {
    const takenId = newUuid(Date.now())
    expect(await submit(activityUnit(id, 'taken', { id: takenId }))).toMatchObject({
      kind: 'committed',
    })
    const before = await instance.entries()
    const units = Array.from({ length: UNITS }, (_, index) =>
      activityUnit(id, `row.${index}`, index === MIDDLE ? { id: takenId } : {}),
    )
    // No effects: on both engines these share one flush.
    const settled = await Promise.allSettled(units.map(submit))
    expect(settled.map(({ status }) => status)).toEqual(
      units.map((_, index) => (index === MIDDLE ? 'rejected' : 'fulfilled')),
    )
    const entries = (await instance.entries()).slice(before.length)
    expect(entries.map(({ action }) => action)).toEqual(
      units.filter((_, index) => index !== MIDDLE).map(({ audit }) => audit.action),
    )
    expect(await instance.problems()).toEqual([])
  })

  test('answers each unit with the place of its own entry', async () => {
    const units = Array.from({ length: UNITS }, (_, index) => unitOf(id, `placed.${index}`))
    const outcomes = await Promise.all(units.map(submit))
    const entries = await instance.entries()
    for (const [index, outcome] of outcomes.entries()) {
      const seq = outcome.kind === 'committed' ? outcome.seq : 0
      expect(entries[seq - 1]).toMatchObject({ seq, unit_id: units[index]?.id })
    }
  })

  test('keeps the error of refusing effects as a failed activity', async () => {
    const { walletId } = await createWallet(admin, 'raced')
    // Both are prepared before either is written: only the effects can see the other's account.
    const answers = await Promise.all(
      ['first', 'second'].map((name) =>
        admin.submit('create_wallet_accounts', {
          walletId,
          accounts: [{ ...accountParams(7), name }],
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.find(({ status }) => status === 400)?.json).toMatchObject({
      code: 3,
      message: 'invalid path',
    })
    const listed = await admin.query('list_activities', {
      filterByStatus: ['ACTIVITY_STATUS_FAILED'],
    })
    expect(listed.json).toMatchObject({
      activities: [
        {
          type: 'ACTIVITY_TYPE_CREATE_WALLET_ACCOUNTS',
          failure: { code: 3, message: 'invalid path' },
        },
      ],
    })
    const accounts = await admin.query('list_wallet_accounts', { walletId })
    expect(accounts.at<unknown[]>('accounts')).toHaveLength(2)
    expect(await instance.problems()).toEqual([])
  })

  test('writes nothing for a unit whose organization moved since it was decided', async () => {
    const snapshot = await instance.app.deps.directory.refresh(id)
    if (snapshot === undefined) throw new Error('no organization')
    const stale = { organizationId: id, revision: snapshot.revision }
    const moved = await submit(
      unitOf(id, 'moves', { changes: 'snapshot', effects: insertsUser(id, 'mover') }),
    )
    expect(moved).toMatchObject({ kind: 'committed' })
    const before = await instance.entries()
    expect(await submit(unitOf(id, 'stale', { reads: [stale] }))).toEqual({ kind: 'again' })
    expect(await instance.entries()).toEqual(before)
    const anew = { organizationId: id, revision: stale.revision + 1 }
    expect(await submit(unitOf(id, 'anew', { reads: [anew] }))).toMatchObject({ kind: 'committed' })
  })

  test('overtaken by a change of the organization is decided anew, and succeeds', async () => {
    const { address } = await createWallet(admin, 'overtaken')
    await admin.query('whoami')
    const change = submit(
      unitOf(id, 'overtakes', { changes: 'snapshot', effects: insertsUser(id, 'overtaker') }),
    )
    // Decided on the snapshot in the cache, which the unit before it in the queue makes stale.
    const signed = await admin.submit(
      'sign_raw_payload',
      {
        signWith: address,
        payload: 'overtaken',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
      'SIGN_RAW_PAYLOAD_V2',
    )
    expect(await change).toMatchObject({ kind: 'committed' })
    expect(signed.status).toBe(200)
    expect(await instance.problems()).toEqual([])
  })
})
