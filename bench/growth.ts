// Growth: what a request costs while many more organizations exist, and in one that no cache knows.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../packages/server/src/config.ts'
import { type Contestant, type Engine, freshDatabase, launch } from './contestants.ts'
import { treeCpuMs } from './cpu.ts'
import { populate } from './population.ts'
import type { Caller } from './requests.ts'
import { Load, type Measured, of } from './rounds.ts'

const ROUNDS = 9
const SECONDS = 2
const REQUESTS_A_SECOND = 12_000
const CONNECTIONS = 64
const USED = 100
const MANY = 100_000
/** Cold requests of a round: each of another organization, and none is asked twice. */
const COLD = 300

interface Postgres {
  url: string
  pid: number
}

interface Instance {
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
  const callers = await populate(readConfig(env), {
    organizations: size,
    callers: Math.min(size, USED + ROUNDS * COLD),
  })
  const spacing = callers.length / USED
  const used = Array.from({ length: USED }, (_, n) => callers[Math.floor(n * spacing)]).filter(
    (caller) => caller !== undefined,
  )
  const chosen = new Set(used)
  const unused = callers.filter((caller) => !chosen.has(caller))
  const contestant = await launch(['bin/keystead.js', 'serve', '--port', '0'], env)
  return { contestant, used, unused, directory }
}

async function stopInstance({ contestant, directory }: Instance): Promise<void> {
  await contestant.stop()
  rmSync(directory, { recursive: true, force: true })
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
  const load = new Load()
  const roots = engine === 'postgres' ? [postgres.pid] : []
  const round = ({ contestant }: Instance, callers: Caller[], requests: number) =>
    load.round(
      { port: contestant.port, connections: CONNECTIONS, seconds: SECONDS, requests, callers },
      () => treeCpuMs([contestant.pid, ...roots]),
    )
  const hot: Measured[] = []
  const hotAmongMany: Measured[] = []
  const cold: Measured[] = []
  try {
    for (let n = 0; n < ROUNDS; n++) {
      hot.push(await round(few, few.used, SECONDS * REQUESTS_A_SECOND))
      hotAmongMany.push(await round(many, many.used, SECONDS * REQUESTS_A_SECOND))
      cold.push(await round(many, many.unused.slice(n * COLD, (n + 1) * COLD), COLD))
    }
  } finally {
    load.stop()
    await stopInstance(few)
    await stopInstance(many)
  }
  const [base, among] = [of(hot, 'treeUs'), of(hotAmongMany, 'treeUs')]
  const figures = { to: base, most: 1.2 }
  console.log(line(engine, `${USED} of ${USED} organizations`, { us: base, to: base, most: 1 }))
  console.log(line(engine, `${USED} of ${MANY} organizations`, { us: among, ...figures }))
  const coldUs = of(cold, 'treeUs')
  console.log(line(engine, 'an organization in no cache', { us: coldUs, to: among, most: 5 }))
}
