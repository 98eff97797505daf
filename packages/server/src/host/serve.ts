// `keystead serve`: prepares the instance, starts its processes, and obeys the control socket.
import cluster from 'node:cluster'
import { type App, createApp } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import { listSeals, type Seal, type SealKind } from '../domain/keyvault/keyvault.store.ts'
import { detailsOf } from '../domain/keyvault/seals.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import type { Store } from '../store/engine.ts'
import { backUpBeside, backupWarnings } from './backup.ts'
import { type ControlRequest, listenForControl } from './control.ts'
import { type Fleet, serveAsWorker, startFleet, stopSignal } from './fleet.ts'
import { runAsHost } from './hostCommands.ts'
import { HostError, initialise, isEmptyDirectory, isInitialised, openStore } from './instance.ts'
import { publicUrlOf } from './serving.ts'
import { Unsealer } from './unsealer.ts'
import { type Attempted, unsealByConfig } from './unsealing.ts'
import { listWaitingMail } from './waitingMail.ts'

/** Prints one line for a person; the last one of a start says where it listens. */
export type Print = (line: string) => void

/** Serves until it is told to stop. @throws HostError */
export async function serve(config: Config, print: Print): Promise<void> {
  if (cluster.isWorker) return serveAsWorker(config)
  const empty = isEmptyDirectory(config.dataDirectory)
  const store = await openStore(config, { checkpoints: true })
  const { rootKeys, troubles } = await prepare(store, config, { empty, print })
  const unsealer = new Unsealer({ store, config }, (opened) => fleet.unseal(opened))
  const fleet: Fleet = await startFleet(config, {
    store,
    unseal: (attempt, address) => unsealer.attemptRemotely(attempt, address),
  })
  if (rootKeys !== undefined) await unsealer.accept(rootKeys)
  const control = await listenForControl(config, (request) =>
    obey({ store, config, fleet, unsealer }, request),
  )
  if (!empty) await describeSeals(store, print)
  if (rootKeys === undefined) {
    for (const trouble of troubles) print(`sealed: ${trouble}`)
    await explainUnsealing(store, print)
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

/** Makes the instance on an empty data directory; otherwise unseals it as far as it is configured. */
async function prepare(
  store: Store,
  config: Config,
  start: { empty: boolean; print: Print },
): Promise<Attempted> {
  if (await isInitialised(store)) return unsealByConfig({ store, config })
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
  return { rootKeys: made.rootKeys, troubles: [] }
}

/** The seals of the instance, in one line. */
async function describeSeals(store: Store, print: Print): Promise<void> {
  const seals = await listSeals(store.reader)
  print(`seals: ${seals.map(nameSeal).join(', ')}`)
}

function nameSeal(seal: Seal): string {
  const { threshold, shares } = detailsOf(seal)
  if (seal.kind !== 'shamir' || !Array.isArray(shares)) return seal.kind
  return `shamir (${String(threshold)} of ${shares.length} shares)`
}

const HOW_TO_UNSEAL: Record<SealKind, string> = {
  file: 'type `npx keystead unseal --file PATH` where a copy of the key file is',
  passphrase: 'type `npx keystead unseal --passphrase` and the passphrase',
  pkcs11: 'type `npx keystead unseal --token` when the token is there',
  recovery: 'type `npx keystead unseal` and the recovery words',
  shamir: 'type `npx keystead unseal --share` and a share, as often as shares are needed',
}

async function explainUnsealing(store: Store, print: Print): Promise<void> {
  const kinds = new Set((await listSeals(store.reader)).map(({ kind }) => kind))
  for (const kind of kinds) print(HOW_TO_UNSEAL[kind])
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
  unsealer: Unsealer
}

/** Obeys one command of the host's shell. */
async function obey(host: Host, request: ControlRequest): Promise<unknown> {
  if (request.command === 'unseal') return host.unsealer.attempt(request.attempt)
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
