// A running server with a wallet whose words are known, so that signatures can be compared.
import { readConfig } from '@keystead/server/commands'
import { createApp } from '../../../packages/server/src/app.ts'
import { entryOnly } from '../../../packages/server/src/commit/unit.ts'
import { insertWallet } from '../../../packages/server/src/domain/wallet/wallet.store.ts'
import { planWallet } from '../../../packages/server/src/domain/wallet/wallet.ts'
import { hostFacts, openStore } from '../../../packages/server/src/host/instance.ts'
import { unsealByConfig } from '../../../packages/server/src/host/unsealing.ts'
import { newUuid } from '../../../packages/server/src/platform/ids.ts'
import { adminKey, TestClient } from '../../support/client.ts'
import { type ServerOptions, startServer, type TestServer } from '../../support/server.ts'
import { PATHS, type World } from './world.ts'

export const MNEMONIC = 'test test test test test test test test test test test junk'

/** What its first Ethereum account is called everywhere. */
export const KNOWN_ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

export interface KnownWorld extends World {
  walletId: string
}

/** Starts a server, puts the wallet in while it is stopped, and starts it again. */
export async function startKnownWorld(options: ServerOptions): Promise<KnownWorld> {
  const server = await startServer(options)
  await server.end('SIGTERM')
  const walletId = await insertKnownWallet(server)
  await server.restart()
  const { organizationId } = server.admin
  const admin = new TestClient(server, adminKey(server.admin), organizationId)
  return { server, admin, organizationId, walletId }
}

async function insertKnownWallet({ data, databaseUrl, admin }: TestServer): Promise<string> {
  const { organizationId } = admin
  const place = { KEYSTEAD_DATA: data, KEYSTEAD_DATABASE_URL: databaseUrl ?? '' }
  const config = readConfig(place)
  const store = await openStore(config, { checkpoints: false })
  try {
    const { rootKeys } = await unsealByConfig({ store, config })
    if (rootKeys === undefined) throw new Error('the instance has no seal file')
    const app = await createApp(store, rootKeys, { config, publicUrl: () => '', jobs: null })
    const { keyvault, queue, clock } = app.deps
    const nowMs = clock.now()
    const newId = () => newUuid(nowMs)
    const dataKey = await keyvault.dataKey(store.reader, { organizationId, keyVersion: 1 })
    const account = { curve: 'secp256k1', addressFormat: 'ethereum', name: null } as const
    const plan = planWallet({ organizationId, dataKey, nowMs, newId }, null, {
      name: 'known',
      mnemonic: MNEMONIC,
      accounts: [{ ...account, path: PATHS.ethereum }],
    })
    const audit = hostFacts({ action: 'wallet.create', resource: plan.walletId })
    const outcome = await queue.submit({
      ...entryOnly({ id: newId(), organizationId, audit }),
      changes: 'snapshot',
      effects: (tx) => insertWallet(tx, plan, tx.seq),
    })
    if (outcome.kind !== 'committed') throw new Error(`the wallet was not made: ${outcome.kind}`)
    return plan.walletId
  } finally {
    await store.close()
  }
}
