// The dry run against what then happens, on random organizations, policies and requests.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import { seeded } from '../../../../tests/support/random.ts'
import { rounds } from '../../../../tests/support/rounds.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { createPlace, type Place, randomRequest, replacePolicies, type Request } from './triples.ts'

/** An organization is used for so many requests, each under other policies. */
const REQUESTS_EACH = 20

const OUTCOMES = [
  'OUTCOME_ALLOW',
  'OUTCOME_DENY_EXPLICIT',
  'OUTCOME_DENY_IMPLICIT',
  'OUTCOME_REQUIRES_CONSENSUS',
]
/** Of a thousand, at least fifty. */
const SHARE_MIN = 50 / 1000
/** It goes on until each was seen so often, but not for ever. */
const TIMES_MAX = 3

interface Evaluation {
  policyId: string
  outcome: string
}

/** What the submission itself came to: its outcome, and an error that is none of a decision. */
function outcomeOf(answer: Answer): { outcome: string; message: string | null } {
  if (answer.status === 200) {
    const held = answer.at('activity.status') === 'ACTIVITY_STATUS_CONSENSUS_NEEDED'
    return { outcome: held ? 'OUTCOME_REQUIRES_CONSENSUS' : 'OUTCOME_ALLOW', message: null }
  }
  const message = answer.at('message')
  if (message === 'policy engine denied request explicitly') {
    return { outcome: 'OUTCOME_DENY_EXPLICIT', message: null }
  }
  if (message === 'request not authorized') {
    return { outcome: 'OUTCOME_DENY_IMPLICIT', message: null }
  }
  return { outcome: 'OUTCOME_ALLOW', message }
}

/** The newest activity, which `body` made. */
async function keptEvaluations({ client, body }: Request): Promise<Evaluation[]> {
  const list = await client.query('list_activities', { paginationOptions: { limit: '1' } })
  const fingerprint = createHash('sha256').update(body).digest('hex')
  expect(list.at('activities.0.fingerprint')).toBe(`sha256:${fingerprint}`)
  const activityId = list.at('activities.0.id')
  const kept = await client.query('get_policy_evaluations', { activityId })
  expect(kept.at<unknown[]>('policyEvaluations')).toHaveLength(1)
  return kept.at('policyEvaluations.0.policyEvaluations')
}

/** Asks, and then does it: both say the same of the outcome, and of every policy. */
async function compare(request: Request): Promise<string> {
  const { client, path, body } = request
  const dry = await client.send('query/evaluate_activity', body)
  const real = await client.send(`submit/${path}`, body)
  const { outcome, message } = outcomeOf(real)
  const policies = dry
    .at<Evaluation[]>('policies')
    .map(({ policyId, outcome: came }) => ({ policyId, outcome: came }))
  const isImplicit = outcome === 'OUTCOME_DENY_IMPLICIT'
  const said = {
    status: dry.status,
    outcome: dry.at('outcome'),
    // What waits may still fail when it runs.
    message:
      outcome === 'OUTCOME_REQUIRES_CONSENSUS'
        ? null
        : (dry.at<{ message: string } | null>('failure')?.message ?? null),
    kept: policies.filter((one) => isImplicit || one.outcome !== 'OUTCOME_DENY_IMPLICIT'),
    inError: isImplicit ? policies : undefined,
  }
  const came = {
    status: 200,
    outcome,
    message,
    kept: await keptEvaluations(request),
    inError: isImplicit ? real.at('details.0.policyEvaluations') : undefined,
  }
  const texts = { body, dry: dry.text, real: real.text }
  expect({ ...said, ...texts }).toEqual({ ...came, ...texts })
  return outcome
}

describe.each(engines)('a dry run on %s', (engine) => {
  test('says what the same submission then comes to', async () => {
    const count = rounds('random submissions')
    const random = seeded(`random submissions on ${engine}`)
    const enough = count * SHARE_MIN
    const seen = new Map<string, number>()
    const rarest = () => Math.min(...OUTCOMES.map((outcome) => seen.get(outcome) ?? 0))
    const instance: Instance = await openInstance(engine)
    try {
      let place: Place | undefined
      for (let at = 0; at < count || (at < TIMES_MAX * count && rarest() < enough); at++) {
        if (place === undefined || at % REQUESTS_EACH === 0) {
          place = await createPlace(instance, random)
        }
        await replacePolicies(place, random)
        const outcome = await compare(randomRequest(place, random, `request ${at}`))
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      }
    } finally {
      await instance.dispose()
    }
    process.stdout.write(`${engine}: ${JSON.stringify(Object.fromEntries(seen))}\n`)
    expect(rarest()).toBeGreaterThanOrEqual(enough)
  })
})
