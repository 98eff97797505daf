// `keystead serve`: prepares the instance, starts its processes, and obeys the control socket.
import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { type App, createApp } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import type { Store } from '../store/engine.ts'
import { backUpBeside, backupWarnings } from './backup.ts'
import { type ControlRequest, listenForControl } from './control.ts'
import { type Fleet, serveAsWorker, startFleet, stopSignal } from './fleet.ts'
import { runAsHost } from './hostCommands.ts'
import { HostError, initialise, isEmptyDirectory, isInitialised, openStore } from './instance.ts'
import { publicUrlOf } from './serving.ts'
import { unsealByFile, unsealByWords } from './unsealing.ts'
import { listWaitingMail } from './waitingMail.ts'

/** Prints one line for a person; the last one of a start says where it listens. */
export type Print = (line: string) => void

/** Serves until it is told to stop. @throws HostError */
export async function serve(config: Config, print: Print): Promise<void> {
  if (cluster.isWorker) return serveAsWorker(config)
  const empty = isEmptyDirectory(config.dataDirectory)
  const store = await openStore(config, { checkpoints: true })
  const rootKeys = await prepare(store, config, { empty, print })
  const fleet = await startFleet(config, store)
  if (rootKeys !== undefined) await fleet.unseal(rootKeys)
  const control = await listenForControl(config, (request) =>
    obey({ store, config, fleet }, request),
  )
  if (rootKeys === undefined) {
    print(
      existsSync(config.sealFile)
        ? `sealed: the seal key file ${config.sealFile} is not a seal of this instance`
        : `sealed: there is no seal key file ${config.sealFile}`,
    )
    print('type `npx keystead unseal` and the recovery words')
  }
  if (empty) print(`  try           npx keystead call getWhoami${flagsFor(config, fleet.url)}`)
  for (const warning of empty ? [] : await backupWarnings(store, config)) {
    print(`warning: ${warning}`)
  }
  print(`listening on ${fleet.url}`)
  await stopSignal()
  control.close()
  await fleet.close()
}

/** Makes the instance on an empty data directory; otherwise unseals it if the seal file is here. */
async function prepare(
  store: Store,
  config: Config,
  start: { empty: boolean; print: Print },
): Promise<RootKeys | undefined> {
  if (await isInitialised(store)) return unsealByFile(store, config)
  if (!start.empty) {
    throw new HostError(
      `the data directory ${config.dataDirectory} holds what an interrupted start left: remove it, or choose another with --data`,
    )
  }
  const made = await initialise(store, config, {
    organizationId: null,
    organizationName: 'Keystead',
    userName: 'admin',
    email: null,
    apiPublicKey: null,
  })
  process.stderr.write(`${recoveryNotice(made.recoveryWords)}\n`)
  start.print(`made a new instance in ${config.dataDirectory}`)
  start.print(`  organization  ${made.admin.organizationId}`)
  start.print(`  admin key     ${config.dataDirectory}/admin.json`)
  return made.rootKeys
}

/** What `call` must be told when this server is not where it looks by default. */
function flagsFor(config: Config, url: string): string {
  const elsewhere = config.dataDirectory !== readConfig({}).dataDirectory
  const data = elsewhere ? ` --data ${config.dataDirectory}` : ''
  return url === `http://127.0.0.1:${readConfig({}).port}` ? data : `${data} --host ${url}`
}

/** The recovery words for the error stream: numbered to write down, and in one line to type. */
export function recoveryNotice(words: string): string {
  const numbered = words.split(' ').map((word, index) => `${String(index + 1).padStart(2)} ${word}`)
  const rows = Array.from({ length: 6 }, (_, row) =>
    [0, 6, 12, 18]
      .map((column) => (numbered[row + column] ?? '').padEnd(14))
      .join('  ')
      .trimEnd(),
  )
  return [
    'RECOVERY WORDS: write them down now. They open this instance when its seal key file is',
    'lost, they are stored nowhere, and they are not shown again.',
    '',
    ...rows.map((row) => `  ${row}`),
    '',
    words,
    '',
  ].join('\n')
}

interface Host {
  store: Store
  config: Config
  fleet: Fleet
}

/** Obeys one command of the host's shell. */
async function obey(host: Host, request: ControlRequest): Promise<unknown> {
  if (request.command === 'unseal') {
    return host.fleet.unseal(await unsealByWords(host.store, request.words))
  }
  if (request.command === 'backup') {
    return backUpBeside(host.config, { rootKeys: rootKeysOf(host), file: request.file })
  }
  const app = await openApp(host)
  return request.command === 'listMail' ? listWaitingMail(app) : runAsHost(app, request)
}

/** The unsealed instance without jobs, for one command. */
function openApp(host: Host): Promise<App> {
  const { store, config, fleet } = host
  const publicUrl = () => publicUrlOf(config, fleet.url)
  return createApp(store, rootKeysOf(host), { config, publicUrl, jobs: null })
}

function rootKeysOf({ fleet }: Host): RootKeys {
  if (fleet.rootKeys === undefined) throw new HostError('the server is sealed')
  return fleet.rootKeys
}
