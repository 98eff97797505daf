// The pipeline: the order in which every request of every family is handled, and nothing else.
import { AppError } from '../errors.ts'
import type { Call, Caller, Family, Inbound, Reply } from '../operation/family.ts'
import type { Operation } from '../operation/operation.ts'
import { newUuid } from '../platform/ids.ts'
import { Stopwatch } from '../platform/stopwatch.ts'
import { parseStrictJson } from '../platform/strictJson.ts'
import { StorageFailure } from '../store/engine.ts'
import { Admission } from './admit.ts'
import { type Dependencies, FREE_ROUNDS, isCurrent, ROUNDS_MAX } from './dependencies.ts'
import { recordRefusal } from './record.ts'
import { runQuery } from './query.ts'
import { submit } from './submit.ts'
import { vote } from './vote.ts'

/** Answers one request. Never throws: whatever happens is an answer in the family's shape. */
export async function handle(
  deps: Dependencies,
  family: Family,
  inbound: { operation: Operation; request: Inbound },
): Promise<Reply> {
  const { request } = inbound
  const watch = new Stopwatch()
  let caller: Caller | null = null
  let error: AppError | null = null
  let reply: Reply
  try {
    const call = { ...inbound, json: parseBody(request.body), nowMs: deps.clock.now(), watch }
    watch.lap('parse')
    const round = () => decided(deps, family, { call, met: (known) => (caller = known) })
    const answer = await inTurn(deps, call, round)
    reply = { status: 200, body: Buffer.from(JSON.stringify(answer)) }
    watch.lap('encode')
  } catch (thrown) {
    error = publicError(thrown, deps)
    await recordRefusal(deps, { ...inbound, caller, error })
    reply = family.encodeError(error)
  }
  deps.observe({ ...inbound, caller, status: reply.status, error, watch })
  if (request.headers['x-server-timing'] === undefined) return reply
  return { ...reply, headers: { ...reply.headers, 'server-timing': watch.header() } }
}

/**
 * Of the requests that change an organization, a flush can commit only one: the others would be
 * decided in vain, again and again. Here they wait instead. On PostgreSQL that holds for every
 * request that writes rows, since each of them locks the organization's head alone.
 */
function inTurn(deps: Dependencies, call: Call, work: () => Promise<unknown>): Promise<unknown> {
  const { operation, json } = call
  const changes = operation.kind === 'activity' ? operation.changes : 'nothing'
  const waits =
    operation.kind === 'vote' ||
    changes === 'snapshot' ||
    (changes === 'rows' && deps.store.engine === 'postgres')
  const named = json !== null && typeof json === 'object' && 'organizationId' in json
  const organizationId = named ? json['organizationId'] : undefined
  if (!waits || typeof organizationId !== 'string') return work()
  return deps.turns.take(organizationId.toLowerCase(), work)
}

interface Attempt {
  call: Call
  met: (caller: Caller | null) => void
}

/** Decides, anew while something moves under the decision, but not for ever. */
async function decided(deps: Dependencies, family: Family, attempt: Attempt): Promise<unknown> {
  const mayLock = attempt.call.operation.kind !== 'query'
  const admission = new Admission()
  let last: Caller | undefined
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const fresh = round > 0
    const decideOnce = (chosen: Dependencies) =>
      decide(chosen, family, { ...attempt, fresh, admission, seen: (caller) => (last = caller) })
    const locks = mayLock && round >= FREE_ROUNDS
    if (locks) admission.end()
    const answer =
      locks && last !== undefined ? await underLock(deps, last, decideOnce) : await decideOnce(deps)
    if (answer !== 'again') return answer
  }
  throw new AppError('UNAVAILABLE')
}

/** One round while the organization cannot change: so nobody starves who is always overtaken. */
function underLock(
  deps: Dependencies,
  { organization: { organizationId } }: Caller,
  work: (locked: Dependencies) => Promise<unknown>,
): Promise<unknown> {
  const verifyOffline = (token: string) => deps.oidc.verifyOffline(token)
  return deps.underLock(organizationId, (locked) => {
    const { reader } = locked
    return work({
      ...deps,
      store: { engine: reader.engine, reader, read: (read) => deps.store.read(read) },
      directory: deps.directory.within(reader, organizationId),
      queue: locked,
      // SECURITY: nobody may hold the lock while a stranger's server takes its time.
      oidc: { verify: verifyOffline, verifyOffline },
    })
  })
}

async function decide(
  deps: Dependencies,
  family: Family,
  round: Attempt & { fresh: boolean; admission: Admission; seen: (caller: Caller) => void },
): Promise<unknown> {
  const { call } = round
  round.met(null)
  const caller = await family.authenticate(call, deps.directory, round.fresh)
  round.met(caller)
  round.seen(caller)
  call.watch.lap('authenticate')
  return orAgain(deps, caller, async () => {
    if (call.operation.kind !== 'query') await round.admission.admit(deps, caller)
    return run(deps, family, { call, caller })
  })
}

/** A refusal on what has since changed is none: the request is decided anew. */
async function orAgain(
  deps: Dependencies,
  caller: Caller,
  work: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && !(await isCurrent(deps, caller))) return 'again'
    throw error
  }
}

/** One round; `again` when something moved under the decision. */
function run(deps: Dependencies, family: Family, turn: { call: Call; caller: Caller }) {
  switch (turn.call.operation.kind) {
    case 'query':
      return runQuery(deps, family, turn)
    case 'activity':
      return submit(deps, family, turn)
    case 'vote':
      return vote(deps, family, turn)
  }
}

function parseBody(body: Buffer): Call['json'] {
  const parsed = parseStrictJson(body)
  if (parsed.ok) return parsed.value
  throw new AppError('BAD_REQUEST_BODY', {
    violations: [{ field: '', description: parsed.reason }],
  })
}

/** A failed storage becomes `UNAVAILABLE`, an unknown error `INTERNAL` with an id that the log has too. */
function publicError(thrown: unknown, deps: Dependencies): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof StorageFailure) return new AppError('UNAVAILABLE', {}, { cause: thrown })
  return new AppError('INTERNAL', { requestId: newUuid(deps.clock.now()) }, { cause: thrown })
}
