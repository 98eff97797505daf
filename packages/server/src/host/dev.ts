// `keystead dev`: the same server on throw-away data, with known keys and a clock that can be set.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicKeyOf } from '@keystead/crypto/node'
import { type App, createApp } from '../app.ts'
import { entryOnly } from '../commit/unit.ts'
import type { Config } from '../config.ts'
import { decodeMail, type Mail, MAIL_LANE } from '../domain/mail/mail.ts'
import type { Deliver } from '../domain/outbox/deliverer.ts'
import { insertWallet } from '../domain/wallet/wallet.store.ts'
import { type AccountParams, planWallet } from '../domain/wallet/wallet.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { newUuid } from '../platform/ids.ts'
import { mountDevRoutes } from '../http/dev.ts'
import { HostError, hostFacts, initialise, openStore } from './instance.ts'
import type { Print } from './serve.ts'
import { stopSignal } from './fleet.ts'
import { backupsOf, familyOf, listen, publicUrlOf } from './serving.ts'

/** Public on purpose: the key 0x11…11 and the mnemonic that every Ethereum tool knows. */
const PRIVATE_KEY = '11'.repeat(32)
const MNEMONIC = `${'test '.repeat(11)}junk`
const ORGANIZATION_ID = '0de00000-0000-7000-8000-000000000001'

const ACCOUNTS: AccountParams[] = [
  ...[0, 1, 2].map((index) => ({
    curve: 'secp256k1' as const,
    path: `m/44'/60'/0'/0/${index}`,
    addressFormat: 'ethereum' as const,
    name: null,
  })),
  { curve: 'ed25519', path: "m/44'/501'/0'/0'", addressFormat: 'solana', name: null },
]

/** A clock that runs on, from wherever it was set. */
class DevClock implements Clock {
  #offsetMs = 0

  now(): number {
    return systemClock.now() + this.#offsetMs
  }

  set(nowMs: number): void {
    this.#offsetMs = nowMs - systemClock.now()
  }
}

/** What a fresh emulator holds. */
interface DevInstance {
  organizationId: string
  userId: string
  apiPublicKey: string
  apiPrivateKey: string
  walletId: string
  addresses: string[]
}

interface CapturedMail extends Mail {
  id: string
  lane: string
  kind: string
  deliveredMs: number
}

interface Running {
  app: App
  /** What would have been sent. */
  captured: CapturedMail[]
  instance: DevInstance
  dispose(): Promise<void>
}

/** Serves the emulator until it is told to stop. @throws HostError on another address than loopback */
export async function dev(config: Config, print: Print): Promise<void> {
  if (!['127.0.0.1', 'localhost', '::1'].includes(config.host)) {
    throw new HostError('the emulator has public keys and listens on this machine only')
  }
  const clock = new DevClock()
  const publicUrl = () => publicUrlOf(config, serving.url)
  let running = await start(config, clock, publicUrl)
  const serving = await listen(config, {
    app: () => running.app,
    mount: (server) =>
      mountDevRoutes(server, {
        clock,
        describe: () => running.instance,
        async outbox() {
          await running.app.deliver()
          return running.captured
        },
        async reset() {
          const last = running
          clock.set(systemClock.now())
          running = await start(config, clock, publicUrl)
          await last.dispose()
          return running.instance
        },
      }),
  })
  describe(running.instance, print)
  print(`listening on ${serving.url}`)
  await stopSignal()
  await serving.close()
  await running.dispose()
}

function describe(instance: DevInstance, print: Print): void {
  print('the emulator: data are thrown away, and these keys are public')
  print(`  organization  ${instance.organizationId}`)
  print(`  api key       ${instance.apiPublicKey} (private ${instance.apiPrivateKey})`)
  print(`  mnemonic      ${MNEMONIC}`)
  for (const address of instance.addresses) print(`  account       ${address}`)
  print('  also          GET /dev, GET and POST /dev/clock, GET /dev/outbox, POST /dev/reset')
}

async function start(config: Config, clock: DevClock, publicUrl: () => string): Promise<Running> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'keystead-dev-'))
  const own = {
    ...config,
    dataDirectory,
    databaseUrl: null,
    backups: null,
    workers: 1,
    sealFile: join(dataDirectory, 'seal.key'),
  }
  const store = await openStore(own, { checkpoints: true })
  const apiPublicKey = publicKeyOf('p256', Buffer.from(PRIVATE_KEY, 'hex')).toString('hex')
  const { admin, rootKeys } = await initialise(store, own, {
    organizationId: ORGANIZATION_ID,
    organizationName: 'Development',
    userName: 'developer',
    email: null,
    apiPublicKey,
  })
  const captured: CapturedMail[] = []
  const lanes = new Map([[MAIL_LANE, captureMail(captured, clock)]])
  const app = await createApp(store, rootKeys, {
    config: own,
    clock,
    publicUrl,
    jobs: { lanes, family: familyOf(own), backups: backupsOf(own) },
  })
  const { walletId, addresses } = await seedWallet(app, admin.organizationId)
  const { organizationId, userId } = admin
  return {
    app,
    captured,
    instance: {
      organizationId,
      userId,
      apiPublicKey,
      apiPrivateKey: PRIVATE_KEY,
      walletId,
      addresses,
    },
    async dispose() {
      await app.stop()
      await store.close()
      rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}

/** A lane that keeps mail instead of sending it. */
function captureMail(captured: CapturedMail[], clock: Clock): Deliver {
  return ({ id, kind, payload }) => {
    captured.push({ id, lane: MAIL_LANE, kind, deliveredMs: clock.now(), ...decodeMail(payload) })
    return Promise.resolve()
  }
}

/** A wallet of the known mnemonic, whose addresses every Ethereum tool shows. */
async function seedWallet(
  { deps }: App,
  organizationId: string,
): Promise<{ walletId: string; addresses: string[] }> {
  const { keyvault, queue, clock, store } = deps
  const nowMs = clock.now()
  const dataKey = await keyvault.dataKey(store.reader, { organizationId, keyVersion: 1 })
  const newId = () => newUuid(nowMs)
  const plan = planWallet({ organizationId, dataKey, nowMs, newId }, null, {
    name: 'Development',
    mnemonic: MNEMONIC,
    accounts: ACCOUNTS,
  })
  await queue.submit({
    ...entryOnly({
      id: newId(),
      organizationId,
      audit: hostFacts({ action: 'wallet.create', resource: plan.walletId }),
    }),
    changes: 'snapshot',
    effects: (tx) => insertWallet(tx, plan, tx.seq),
  })
  return { walletId: plan.walletId, addresses: plan.accounts.map(({ address }) => address) }
}
