// What limits of policies count: exact, in one transaction with what is counted, and authenticated.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { Tampered } from '../../src/domain/audit/head.ts'
import type { Limit, LimitWindow } from '../../src/domain/policy/limit.ts'
import { type Charge, counterName } from '../../src/domain/spending/counter.ts'
import { pageOf } from '../../src/domain/spending/page.ts'
import { readUsage } from '../../src/domain/spending/usage.ts'
import { newUuid } from '../../src/platform/ids.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { insertsUser, unitOf } from '../support/units.ts'

const HOUR: LimitWindow = { kind: 'rolling', seconds: 3600 }
const SEVEN: Limit = { measure: 'signatures', per: 'organization', window: HOUR, max: '7' }
const POLICY = newUuid(1)
const IN_PAGE = { organizationId: '', policyId: POLICY }

describe.each(engines)('limits on %s', (engine) => {
  let instance: Instance
  let id: string
  beforeEach(async () => {
    instance = await openInstance(engine)
    id = instance.organizationId
  })
  afterEach(() => instance.dispose())

  const charge = (rest: Partial<Charge> = {}): Charge => ({
    organizationId: id,
    policyId: POLICY,
    limit: SEVEN,
    scope: '',
    amount: 1n,
    ...rest,
  })
  const submit = (charges: Charge[], rest: object = {}, app = instance.app) =>
    app.deps.queue.submit(unitOf(id, 'charge', { charges, ...rest }))
  const usage = async (asked = charge(), nowMs = Date.now()) => {
    const { auditKey } = instance.app.deps.keyvault
    const [first] = await instance.app.store.read((reader) =>
      readUsage(reader, { auditKey, charges: [asked], nowMs }),
    )
    if (first === undefined) throw new Error('one charge, one usage')
    return first
  }
  const overLimit = { kind: 'overLimit', policyIds: [POLICY] }

  test('admit exactly as much as their maximum, also within one flush and over two processes', async () => {
    const other = await instance.openApp()
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, n) => submit([charge()], {}, n % 2 ? other : instance.app)),
    )
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(7)
    expect(outcomes.filter(({ kind }) => kind === 'overLimit')).toHaveLength(53)
    expect(await usage()).toMatchObject({ used: 7n, max: 7n, left: 0n, exceeded: true })
    expect(await instance.problems()).toEqual([])
  })

  test('are charged by all charges of a unit or by none', async () => {
    const narrow = { limit: { ...SEVEN, max: '1' }, policyId: newUuid(2) }
    expect(await submit([charge(), charge(narrow)])).toMatchObject({ kind: 'committed' })
    expect(await submit([charge(), charge(narrow)])).toEqual({
      kind: 'overLimit',
      policyIds: [narrow.policyId],
    })
    expect(await usage()).toMatchObject({ used: 1n, left: 6n })
    const entries = await instance.entries()
    expect(entries.filter(({ action }) => action === 'charge')).toHaveLength(1)
  })

  test('are not charged by effects that fail, nor by what was decided on another revision', async () => {
    const fails = () => Promise.reject(new AppError('NOT_AUTHORIZED'))
    const failed = await submit([charge()], { changes: 'rows', effects: fails })
    expect(failed).toMatchObject({ kind: 'failed' })
    const stale = await submit([charge()], { reads: [{ organizationId: id, revision: 99 }] })
    expect(stale).toEqual({ kind: 'again' })
    expect(await usage()).toMatchObject({ used: 0n, freesAtMs: null })
    const inserts = { changes: 'snapshot', effects: insertsUser(id, 'charged') }
    expect(await submit([charge({ amount: 8n })], inserts)).toEqual(overLimit)
    expect(await instance.rows(`select 1 from org_user where name = 'charged'`)).toEqual([])
    expect(await submit([charge({ amount: 7n })], inserts)).toMatchObject({ kind: 'committed' })
    expect(await usage()).toMatchObject({ used: 7n })
  })

  test('count apart what they keep apart, and amounts beyond 64 bits exactly', async () => {
    const max = 2n ** 127n - 1n
    const wei: Limit = { measure: 'wei', per: 'destination', window: HOUR, max: String(max) }
    const to = (scope: string, amount: bigint) => charge({ limit: wei, scope, amount })
    expect(await submit([to('a', max - 1n), to('b', 5n)])).toMatchObject({ kind: 'committed' })
    expect(await submit([to('a', 2n)])).toEqual(overLimit)
    expect(await submit([to('a', 1n)])).toMatchObject({ kind: 'committed' })
    expect(await usage(to('a', 0n))).toMatchObject({ used: max, left: 0n, exceeded: false })
    expect(await usage(to('b', 0n))).toMatchObject({ used: 5n })
    expect(await submit([to('b', -1n)])).toEqual(overLimit)
  })

  test('keep what was used when the maximum changes', async () => {
    for (let n = 0; n < 3; n++) await submit([charge()])
    expect(await submit([charge({ limit: { ...SEVEN, max: '3' } })])).toEqual(overLimit)
    const raised = charge({ limit: { ...SEVEN, max: '4' } })
    expect(await submit([raised])).toMatchObject({ kind: 'committed' })
    expect(await submit([raised])).toEqual(overLimit)
  })

  test('of a parent are charged under its head by what runs below, and verify', async () => {
    const parent = await instance.createOrganization('parent')
    const above = charge({ organizationId: parent.organizationId })
    const [before] = await headsOf(parent.organizationId)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => submit([above])))
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(7)
    const [after] = await headsOf(parent.organizationId)
    // Its chain has no entry for it; its time has gone on.
    expect(after?.seq).toBe(before?.seq)
    expect(after?.last_ms).toBeGreaterThanOrEqual(before?.last_ms ?? 0)
    const atParent = unitOf(parent.organizationId, 'charge', { charges: [above] })
    expect(await instance.app.deps.queue.submit(atParent)).toEqual(overLimit)
    expect(await usage(above)).toMatchObject({ used: 7n })
    expect(await instance.problems()).toEqual([])
  })

  const headsOf = (organizationId: string) =>
    instance.rows<{ seq: number; last_ms: number }>(
      'select seq, last_ms from organization_head where organization_id = ?u',
      organizationId,
    )

  test('deny what would need more room than a page has, and go on with what it holds', async () => {
    // All in one page, which has room for twelve of them.
    const long = Array.from({ length: 2000 }, (_, n) =>
      charge({ scope: `${n} ${'x'.repeat(1e4)}` }),
    )
      .filter((each) => pageOf(counterName(each)) === 0)
      .slice(0, 16)
    const outcomes = []
    for (const each of long) outcomes.push((await submit([each])).kind)
    expect(outcomes).toEqual([
      ...Array.from({ length: 12 }, () => 'committed'),
      ...Array.from({ length: 4 }, () => 'overLimit'),
    ])
    expect(await submit(long.slice(0, 1))).toMatchObject({ kind: 'committed' })
    expect(await submit([charge()])).toMatchObject({ kind: 'committed' })
  })

  test('are forgotten with their policy, and no other is', async () => {
    const other = newUuid(3)
    await submit([charge(), charge({ policyId: other })])
    const forgets = await instance.app.deps.queue.submit(
      unitOf(id, 'forget', {
        changes: 'rows',
        effects: (tx) => {
          tx.forgetSpending((policyId) => policyId === POLICY)
          return Promise.resolve()
        },
      }),
    )
    expect(forgets.kind).toBe('committed')
    expect(await usage()).toMatchObject({ used: 0n })
    expect(await usage(charge({ policyId: other }))).toMatchObject({ used: 1n })
    expect(await instance.rows('select content from spending')).toHaveLength(1)
  })

  describe('whose rows somebody changes by SQL', () => {
    const pages = () =>
      instance.rows<{ page: number; digest: Buffer; content: string }>(
        'select page, digest, content from spending order by page',
      )
    /** Nothing is decided, and nothing is laundered by the next charge. */
    async function expectNoticed(): Promise<void> {
      const before = await pages()
      const entries = await instance.entries()
      for (const app of [instance.app, await instance.openApp()]) {
        await expect(submit([charge()], {}, app)).rejects.toThrow(Tampered)
      }
      await expect(usage()).rejects.toThrow(Tampered)
      expect(await pages()).toEqual(before)
      expect(await instance.entries()).toEqual(entries)
      // What charges nothing goes on.
      expect(await submit([])).toMatchObject({ kind: 'committed' })
    }

    const restore = async (page: { page: number; digest: Buffer; content: string }) => {
      await instance.tamper('delete from spending')
      await instance.tamper(
        'insert into spending (organization_id, page, digest, content) values (?u, ?, ?, ?)',
        id,
        page.page,
        page.digest,
        page.content,
      )
    }

    test('notice it: a page changed, alone or with its digest', async () => {
      await submit([charge()])
      const [page] = await pages()
      if (page === undefined) throw new Error('there is a page')
      await instance.tamper('update spending set content = ?', '{}')
      await expectNoticed()
      await restore(page)
      await instance.tamper('update spending set digest = ?', Buffer.alloc(32))
      await expectNoticed()
      await restore(page)
      expect(await submit([charge()])).toMatchObject({ kind: 'committed' })
    })

    test('notice it: a page put back from a copy', async () => {
      await submit([charge()])
      const [copy] = await pages()
      if (copy === undefined) throw new Error('there is a page')
      await submit([charge()])
      await restore(copy)
      await expectNoticed()
    })

    test('notice it: a page deleted, alone or with what the head says of it', async () => {
      await submit([charge()])
      await instance.tamper('delete from spending')
      await expectNoticed()
      await instance.tamper('update organization_head set spending_digest = null')
      await expect(submit([charge()])).rejects.toThrow(Tampered)
      await expect(submit([])).rejects.toThrow(Tampered)
    })

    test('notice it: a page added, and pages of another organization', async () => {
      await instance.tamper(
        'insert into spending (organization_id, page, digest, content) values (?u, 0, ?, ?)',
        id,
        Buffer.alloc(32),
        '{}',
      )
      await expectNoticed()
      await instance.tamper('delete from spending')
      expect(await submit([charge()])).toMatchObject({ kind: 'committed' })
    })
  })
})

describe('time', () => {
  // Later than the instance, which is made by the clock of the machine.
  let nowMs = 0
  let instance: Instance
  const DAY: Limit = { ...SEVEN, window: { kind: 'calendar', unit: 'day' } }
  afterEach(() => instance.dispose())

  async function open(text: string) {
    nowMs = Date.parse(text)
    instance = await openInstance('sqlite', { clock: { now: () => nowMs } })
    const organizationId = instance.organizationId
    return async (limit: Limit, amount: bigint, scope = '') => {
      const charges = [{ organizationId, policyId: POLICY, limit, scope, amount }]
      const unit = unitOf(organizationId, 'charge', { charges })
      return (await instance.app.deps.queue.submit(unit)).kind
    }
  }

  test('that jumps back opens no window, whether or not it stays behind', async () => {
    const take = await open('2099-11-22T00:00:01Z')
    expect(await take(DAY, 7n)).toBe('committed')
    for (const back of ['2099-11-21T23:59:59Z', '2099-11-01T00:00:00Z', '2020-01-01T00:00:00Z']) {
      nowMs = Date.parse(back)
      expect(await take(DAY, 1n)).toBe('overLimit')
    }
    nowMs = Date.parse('2099-11-22T23:59:59.999Z')
    expect(await take(DAY, 1n)).toBe('overLimit')
    nowMs = Date.parse('2099-11-23T00:00:00Z')
    expect(await take(DAY, 7n)).toBe('committed')
    nowMs = Date.parse('2099-11-22T12:00:00Z')
    expect(await take(DAY, 1n)).toBe('overLimit')
  })

  test('that jumps back does not return to a day whose counters were dropped', async () => {
    const take = await open('2099-11-21T23:59:59Z')
    expect(await take(DAY, 7n)).toBe('committed')
    nowMs = Date.parse('2099-11-22T00:00:01Z')
    const page = pageOf(counterName({ ...IN_PAGE, limit: DAY, scope: '' }))
    const scopes = Array.from({ length: 1000 }, (_, n) => String(n))
    const neighbour = scopes.find(
      (scope) => pageOf(counterName({ ...IN_PAGE, limit: DAY, scope })) === page,
    )
    expect(await take(DAY, 1n, neighbour)).toBe('committed')
    nowMs = Date.parse('2099-11-21T23:59:59Z')
    // It counts for the day that has begun.
    expect(await take(DAY, 7n)).toBe('committed')
    nowMs = Date.parse('2099-11-22T00:00:02Z')
    expect(await take(DAY, 1n)).toBe('overLimit')
  })

  test('that crosses midnight opens no rolling day', async () => {
    const take = await open('2099-11-21T23:59:50Z')
    const rolling: Limit = { ...SEVEN, window: { kind: 'rolling', seconds: 86_400 } }
    expect(await take(rolling, 7n)).toBe('committed')
    for (const later of ['2099-11-22T00:00:00Z', '2099-11-22T23:59:49Z']) {
      nowMs = Date.parse(later)
      expect(await take(rolling, 1n)).toBe('overLimit')
    }
    nowMs = Date.parse('2099-11-23T01:00:00Z')
    expect(await take(rolling, 7n)).toBe('committed')
  })

  test('that has passed leaves nothing behind: pages are pruned when they are written', async () => {
    const take = await open('2099-11-21T12:00:00Z')
    const hour: Limit = { ...SEVEN, window: HOUR, max: '8' }
    for (let n = 0; n < 200; n++) {
      nowMs += 600_000
      expect(await take(hour, 1n)).toBe('committed')
    }
    const [row] = await instance.rows<{ content: string }>('select content from spending')
    expect(row?.content.length).toBeLessThan(300)
  })
})
