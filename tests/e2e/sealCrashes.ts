// Adding and removing seals, killed at every one of some system calls: what opens the instance after.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addFileSeal,
  type Config,
  init,
  listSeals,
  openerOfFile,
  readConfig,
  removeSeal,
  testSeal,
} from '@keystead/server/commands'
import { keysteadKilledAt } from '../support/killed.ts'

/** How many kills left the seal there, and how many did not; `failures` says what opened no more. */
export interface Crashes {
  there: number
  notThere: number
  failures: string[]
}

interface Scene {
  config: Config
  /** A path for a key file of its own. */
  path: (name: string) => string
}

async function withScene<T>(work: (scene: Scene) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ks-crash-'))
  const config = readConfig({ KEYSTEAD_DATA: join(folder, 'data') })
  try {
    await init(config, {
      organizationId: null,
      organizationName: 'Acme',
      userName: 'admin',
      email: null,
      apiPublicKey: null,
    })
    return await work({ config, path: (name) => join(folder, name) })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Which of some system calls to kill at. */
export interface Kills {
  calls: string
  /** 1: at each of them. */
  every: number
  hasTime: () => boolean
}

/** Kills `seal add file`, as long as there is time. */
export function crashAdding({ calls, every, hasTime }: Kills): Promise<Crashes> {
  return withScene(async ({ config, path }) => {
    const seen: Crashes = { there: 0, notThere: 0, failures: [] }
    const before = new Set(await idsOf(config))
    for (let at = every; hasTime(); at += every) {
      const file = path(`${at}.key`)
      const words = ['seal', 'add', 'file', '--out', file, '--data', config.dataDirectory]
      if (!keysteadKilledAt(words, { calls, at })) break
      const added = (await idsOf(config)).find((id) => !before.has(id))
      await note(seen, at, { config, seals: { [config.sealFile]: null } })
      if (added === undefined) seen.notThere += 1
      else {
        seen.there += 1
        await note(seen, at, { config, seals: { [file]: added } })
        await removeSeal(config, added)
      }
    }
    return seen
  })
}

/** Kills `seal remove`, as long as there is time. */
export function crashRemoving({ calls, every, hasTime }: Kills): Promise<Crashes> {
  return withScene(async ({ config, path }) => {
    const seen: Crashes = { there: 0, notThere: 0, failures: [] }
    for (let at = every; hasTime(); at += every) {
      const file = path(`${at}.key`)
      const id = await addFileSeal(config, file)
      const words = ['seal', 'remove', id, '--data', config.dataDirectory]
      if (!keysteadKilledAt(words, { calls, at })) break
      const isThere = (await idsOf(config)).includes(id)
      const both = isThere ? { [file]: id } : {}
      await note(seen, at, { config, seals: { [config.sealFile]: null, ...both } })
      seen[isThere ? 'there' : 'notThere'] += 1
    }
    return seen
  })
}

async function idsOf(config: Config): Promise<string[]> {
  return (await listSeals(config)).map(({ sealId }) => sealId)
}

/** Notes which key files do not open the seals that they should. */
async function note(
  seen: Crashes,
  at: number,
  { config, seals }: { config: Config; seals: Record<string, string | null> },
): Promise<void> {
  for (const [file, sealId] of Object.entries(seals)) {
    try {
      await testSeal(config, openerOfFile(file), sealId)
    } catch (error) {
      seen.failures.push(`killed at ${at}: ${file}: ${String(error)}`)
    }
  }
}
