// `npm run bench`: the server against the floor, in one run, cell by cell, and then its growth.
// `--quick`: four cells, and neither growth nor policies. `--growth`, `--policies`: these alone.
import {
  type Contestant,
  type Engine,
  REPLY_BYTES,
  type Setting,
  startPair,
} from './contestants.ts'
import { residentMb, treeCpuMs } from './cpu.ts'
import { runGrowth } from './growth.ts'
import { runPolicies } from './policies.ts'
import type { Caller } from './requests.ts'
import { Load, type Measured, median, of } from './rounds.ts'
import { startPostgres } from '../tools/services/postgres.ts'

const ROUNDS = 9
const SECONDS = 3
/** More than any contestant answers in a round. */
const REQUESTS_A_SECOND = 12_000
const REPLY_TOLERANCE = 0.1

const quick = process.argv.includes('--quick')
const only = ['--growth', '--policies'].find((flag) => process.argv.includes(flag))
const CONNECTIONS = quick ? [64] : [1, 16, 64, 256]

const settings: Setting[] = (['sqlite', 'postgres'] as Engine[]).flatMap((engine) =>
  (quick ? [1] : [1, 2]).flatMap((processes) =>
    [1, 100].map((organizations) => ({ engine, processes, organizations })),
  ),
)

interface Cell {
  setting: Setting
  connections: number
  server: Measured[]
  floor: Measured[]
}

function spread(rounds: readonly Measured[]): string {
  const values = rounds.map(({ treeUs }) => treeUs)
  return `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)}`
}

const HEADER =
  'engine    proc  conn  orgs  ratio  server µs (spread)   floor µs (spread)    server r/s  floor r/s  p50 ms  p99 ms  load µs'

function line({ setting, connections, server, floor }: Cell): string {
  const ratio = of(server, 'treeUs') / of(floor, 'treeUs')
  const rate = (rounds: Measured[]) => median(rounds.map((r) => r.answered / r.seconds)).toFixed(0)
  return [
    setting.engine.padEnd(8),
    String(setting.processes).padStart(5),
    String(connections).padStart(5),
    String(setting.organizations).padStart(5),
    ratio.toFixed(2).padStart(6),
    `${of(server, 'treeUs').toFixed(0)} (${spread(server)})`.padStart(19),
    `${of(floor, 'treeUs').toFixed(0)} (${spread(floor)})`.padStart(19),
    rate(server).padStart(12),
    rate(floor).padStart(10),
    of(server, 'p50Ms').toFixed(1).padStart(7),
    of(server, 'p99Ms').toFixed(1).padStart(7),
    of(server, 'cpuUs').toFixed(0).padStart(8),
  ].join(' ')
}

interface Arena {
  load: Load
  callers: Caller[]
  databasePid: number | null
}

async function runCell(arena: Arena, cell: Cell, pair: { server: Contestant; floor: Contestant }) {
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['floor', 'server'] as const) {
      const { port, pid } = pair[name]
      const job = {
        port,
        connections: cell.connections,
        seconds: SECONDS,
        requests: SECONDS * REQUESTS_A_SECOND,
        callers: arena.callers,
      }
      const roots = arena.databasePid === null ? [pid] : [pid, arena.databasePid]
      cell[name].push(await arena.load.round(job, () => treeCpuMs(roots)))
    }
  }
}

async function runSetting(setting: Setting, postgres: { url: string; pid: number }): Promise<void> {
  const pair = await startPair(setting, postgres.url)
  const load = new Load()
  const databasePid = setting.engine === 'postgres' ? postgres.pid : null
  try {
    if (setting.organizations === 1) {
      const idle = `idle: listening after ${pair.server.startedInMs.toFixed(0)} ms, ${residentMb(pair.server.pid).toFixed(0)} MB`
      console.log(`${setting.engine}, ${setting.processes} process(es): ${idle}`)
    }
    for (const connections of CONNECTIONS) {
      const cell: Cell = { setting, connections, server: [], floor: [] }
      await runCell({ load, callers: pair.callers, databasePid }, cell, pair)
      console.log(line(cell))
      checkReplySize(cell)
    }
  } finally {
    load.stop()
    await pair.stop()
  }
}

/** The comparison is fair only while both answer with about as many bytes. */
function checkReplySize({ server }: Cell): void {
  const bytes = of(server, 'replyBytes')
  if (Math.abs(bytes - REPLY_BYTES) > REPLY_BYTES * REPLY_TOLERANCE) {
    throw new Error(
      `the server answers ${bytes} bytes, the floor ${REPLY_BYTES}: adapt REPLY_BYTES`,
    )
  }
}

async function runCells(postgres: { url: string; pid: number }): Promise<void> {
  console.log(
    `median of ${ROUNDS} alternating rounds of ${SECONDS} s; µs: CPU of the whole tree a request`,
  )
  console.log(HEADER)
  for (const setting of settings) await runSetting(setting, postgres)
}

const postgres = await startPostgres()
try {
  if (only === undefined) await runCells(postgres)
  if (only === '--policies' || (only === undefined && !quick)) await runPolicies(postgres)
  if (only === '--growth' || (only === undefined && !quick)) await runGrowth(postgres)
} finally {
  await postgres.stop()
}
