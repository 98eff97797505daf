// CPU time of whole process trees, read from the kernel.
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_A_SECOND = 100

interface Stat {
  parent: number
  name: string
  /** Its own, and its ended children's. */
  cpuMs: number
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
    return { parent: Number(fields[1]), name, cpuMs: (ticks * 1000) / TICKS_A_SECOND }
  } catch {
    return undefined
  }
}

/** CPU milliseconds that the trees below `roots` have used so far, each process counted once. */
export function treeCpuMs(roots: readonly number[]): number {
  const stats = new Map<number, Stat>()
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readStat(Number(entry)) : undefined
    if (stat !== undefined) stats.set(Number(entry), stat)
  }
  const within = new Set(roots)
  for (let grew = true; grew; ) {
    grew = false
    for (const [pid, { parent }] of stats) {
      if (within.has(pid) || !within.has(parent)) continue
      within.add(pid)
      grew = true
    }
  }
  return [...within].reduce((sum, pid) => sum + (stats.get(pid)?.cpuMs ?? 0), 0)
}

/** Resident memory of one process, in megabytes. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}
