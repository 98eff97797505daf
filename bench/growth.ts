// Growth: what a request costs while many more organizations exist, and in one that no cache knows.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../packages/server/src/config.ts'
import { type Contestant, type Engine, freshDatabase, launch } from './contestants.ts'
import { treeCpuMs } from './cpu.ts'
import { type Findable, populate, type Populated } from './population.ts'
import { type Caller, queryRequest } from './requests.ts'
import type { LoadJob } from './load.ts'
import { Load, type Measured, of } from './rounds.ts'

const ROUNDS = 9
const SECONDS = 2
const REQUESTS_A_SECOND = 12_000
const CONNECTIONS = 64
const USED = 100
const MANY = 100_000
/** Cold requests of a round: each of another organization, and none is asked twice. */
const COLD = 300
const LOOKUP_ROUNDS = 5

interface Postgres {
  url: string
  pid: number
}

interface Instance extends Pick<Populated, 'admin' | 'findable'> {
  contestant: Contestant
  /** The organizations that are used all the time. */
  used: Caller[]
  /** The others that can sign. */
  unused: Caller[]
  directory: string
}

async function startInstance(engine: Engine, postgres: Postgres, size: number): Promise<Instance> {
  const directory = mkdtempSync(join(tmpdir(), 'keystead-growth-'))
  const url = engine === 'postgres' ? await freshDatabase(postgres.url, `growth_${size}`) : null
  const env = {
    ...process.env,
    KEYSTEAD_DATA: directory,
    ...(url === null ? {} : { KEYSTEAD_DATABASE_URL: url }),
  }
  const { callers, admin, findable } = await populate(readConfig(env), {
    organizations: size,
    callers: Math.min(size, USED + ROUNDS * COLD),
    findable: USED,
  })
  const spacing = callers.length / USED
  const used = Array.from({ length: USED }, (_, n) => callers[Math.floor(n * spacing)]).filter(
    (caller) => caller !== undefined,
  )
  const chosen = new Set(used)
  const unused = callers.filter((caller) => !chosen.has(caller))
  const contestant = await launch(['bin/keystead.js', 'serve', '--port', '0'], env)
  return { contestant, admin, findable, used, unused, directory }
}

async function stopInstance({ contestant, directory }: Instance): Promise<void> {
  await contestant.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** What the admin of the root organization, or somebody below it, looks up. */
const LOOKUPS: Record<string, (instance: Instance, found: Findable) => string> = {
  'list_suborgs by public key': ({ admin }, { publicKey }) =>
    listSuborgs(admin, 'PUBLIC_KEY', publicKey),
  'list_suborgs by e-mail': ({ admin }, { email }) => listSuborgs(admin, 'EMAIL', email),
  'list_suborgs by credential': ({ admin }, { credentialId }) =>
    listSuborgs(admin, 'CREDENTIAL_ID', credentialId),
  'whoami below the parent': ({ admin: { organizationId } }, found) =>
    queryRequest(found, 'whoami', { organizationId }),
}

function listSuborgs(admin: Instance['admin'], filterType: string, filterValue: string): string {
  const { organizationId } = admin
  return queryRequest(admin, 'list_suborgs', {
    organizationId,
    filterType,
    filterValue,
  })
}

const HEADER = 'engine    requests to                                     µs  ratio  most'

function line(engine: Engine, what: string, figures: { us: number; to: number; most: number }) {
  const { us, to, most } = figures
  const columns = [us.toFixed(0).padStart(7), (us / to).toFixed(2).padStart(6), String(most)]
  return `${engine.padEnd(9)} ${what.padEnd(44)} ${columns.join(' ').padEnd(20)}`
}

/** Prints, for both engines, hot requests among few and many organizations, and cold ones. */
export async function runGrowth(postgres: Postgres): Promise<void> {
  console.log(`growth: median of ${ROUNDS} alternating rounds; ${CONNECTIONS} connections`)
  console.log(HEADER)
  for (const engine of ['sqlite', 'postgres'] as const) await runEngine(engine, postgres)
}

async function runEngine(engine: Engine, postgres: Postgres): Promise<void> {
  const few = await startInstance(engine, postgres, USED)
  const many = await startInstance(engine, postgres, MANY)
  const arena = { engine, load: new Load(), roots: engine === 'postgres' ? [postgres.pid] : [] }
  try {
    await runSigning(arena, few, many)
    for (const [what, query] of Object.entries(LOOKUPS)) {
      const asked = (instance: Instance) => ({
        callers: [],
        queries: instance.findable.map((found) => query(instance, found)),
        requests: SECONDS * REQUESTS_A_SECOND,
      })
      const rounds: [Measured[], Measured[]] = [[], []]
      for (let n = 0; n < LOOKUP_ROUNDS; n++) {
        rounds[0].push(await round(arena, few, asked(few)))
        rounds[1].push(await round(arena, many, asked(many)))
      }
      printGrowth(engine, what, rounds)
    }
  } finally {
    arena.load.stop()
    await stopInstance(few)
    await stopInstance(many)
  }
}

interface Arena {
  engine: Engine
  load: Load
  /** Processes that work for the server, beside its own. */
  roots: number[]
}

function round(
  { load, roots }: Arena,
  { contestant }: Instance,
  asked: Pick<LoadJob, 'callers' | 'queries' | 'requests'>,
): Promise<Measured> {
  return load.round(
    { port: contestant.port, connections: CONNECTIONS, seconds: SECONDS, ...asked },
    () => treeCpuMs([contestant.pid, ...roots]),
  )
}

async function runSigning(arena: Arena, few: Instance, many: Instance): Promise<void> {
  const [hot, hotAmongMany, cold]: [Measured[], Measured[], Measured[]] = [[], [], []]
  const requests = SECONDS * REQUESTS_A_SECOND
  for (let n = 0; n < ROUNDS; n++) {
    hot.push(await round(arena, few, { callers: few.used, requests }))
    hotAmongMany.push(await round(arena, many, { callers: many.used, requests }))
    const callers = many.unused.slice(n * COLD, (n + 1) * COLD)
    cold.push(await round(arena, many, { callers, requests: COLD }))
  }
  printGrowth(arena.engine, 'sign_raw_payload', [hot, hotAmongMany])
  const coldUs = of(cold, 'treeUs')
  const among = of(hotAmongMany, 'treeUs')
  console.log(line(arena.engine, 'signing in no cache', { us: coldUs, to: among, most: 5 }))
}

/** Two lines: among few organizations, and among many. */
function printGrowth(engine: Engine, what: string, [few, many]: [Measured[], Measured[]]): void {
  const [base, among] = [of(few, 'treeUs'), of(many, 'treeUs')]
  console.log(line(engine, `${what}, ${USED} of ${USED}`, { us: base, to: base, most: 1 }))
  console.log(line(engine, `${what}, ${USED} of ${MANY}`, { us: among, to: base, most: 1.2 }))
}
