// `npm run check`: every rule that needs no running server. One line each; what fails shows its output.
import { run, type Ended } from './run.ts'

/** A check that sees nothing must not pass: `saw` finds the count in its output, `atLeast` bounds it. */
type Check = {
  name: string
  command: readonly [string, ...string[]]
  saw?: { pattern: RegExp; atLeast: number }
}

const CORES = 2

// The counts are about half of what the tree holds: raise them as it grows. Slowest first.
const checks: Check[] = [
  {
    name: 'architecture',
    command: ['vitest', 'run', '--project', 'architecture', '--reporter', 'dot'],
    saw: { pattern: /Tests\s+(\d+) passed/, atLeast: 8 },
  },
  { name: 'types', command: ['tsc', '-p', '.'] },
  {
    name: 'lint',
    command: ['oxlint', '--deny-warnings', '--report-unused-disable-directives', '.'],
    saw: { pattern: /on (\d+) files/, atLeast: 12 },
  },
  {
    name: 'imports',
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'tools', 'tests'],
    saw: { pattern: /\((\d+) modules/, atLeast: 15 },
  },
  { name: 'unused', command: ['knip'] },
  {
    name: 'generated',
    command: ['node', 'tools/gen.ts', '--check'],
    saw: { pattern: /compared (\d+) files/, atLeast: 1 },
  },
  {
    name: 'format',
    command: ['biome', 'format', '.'],
    saw: { pattern: /Checked (\d+) files/, atLeast: 15 },
  },
]

function complaint({ saw }: Check, ended: Ended): string | undefined {
  if (ended.code !== 0) return ended.output
  if (!saw) return undefined
  const count = Number(saw.pattern.exec(ended.output)?.[1] ?? 0)
  return count >= saw.atLeast
    ? undefined
    : `saw ${count}, expected at least ${saw.atLeast}\n${ended.output}`
}

async function runCheck(check: Check): Promise<boolean> {
  const ended = await run(check.command)
  const problem = complaint(check, ended)
  console.log(
    `${problem === undefined ? 'ok  ' : 'FAIL'} ${check.name} ${ended.seconds.toFixed(1)} s`,
  )
  if (problem !== undefined) console.log(problem)
  return problem === undefined
}

const results: boolean[] = []
const queue = [...checks]
async function work(): Promise<void> {
  for (let check = queue.shift(); check; check = queue.shift()) results.push(await runCheck(check))
}
await Promise.all(Array.from({ length: CORES }, work))
process.exitCode = results.every(Boolean) ? 0 : 1
