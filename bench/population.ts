// Fills an instance at rest with organizations, with the server's own code, many in a transaction.
import { generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import type { Config } from '../packages/server/src/config.ts'
import { Keyvault } from '../packages/server/src/domain/keyvault/keyvault.ts'
import { insertOrganization } from '../packages/server/src/domain/organization/create.ts'
import { planUsers } from '../packages/server/src/domain/user/user.ts'
import { planWallet } from '../packages/server/src/domain/wallet/wallet.ts'
import { hostFacts, initialise, openStore } from '../packages/server/src/host/instance.ts'
import { newUuid } from '../packages/server/src/platform/ids.ts'
import type { Row, Store, Tx } from '../packages/server/src/store/engine.ts'
import type { Table } from '../packages/server/src/store/table.ts'
import type { Caller } from './requests.ts'

const ORGANIZATIONS_A_TRANSACTION = 500

export interface Population {
  /** How many organizations to create. */
  organizations: number
  /** How many of them, evenly spread, have a wallet to sign with. */
  callers: number
}

/** Rows that wait to be inserted together. What is read are the rows of one organization. */
class Batch {
  readonly #rows = new Map<Table, Row[]>()

  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    const waiting = this.#rows.get(table) ?? []
    waiting.push(...rows)
    this.#rows.set(table, waiting)
  }

  async all(sql: string, organizationId: string): Promise<Row[]> {
    const name = /from (\w+)/.exec(sql)?.[1]
    for (const [table, rows] of this.#rows) {
      if (table.name !== name) continue
      // They were inserted last, and in order of id.
      const first = rows.findIndex((row) => row['organization_id'] === organizationId)
      return first < 0 ? [] : rows.slice(first)
    }
    return []
  }

  async write(store: Store): Promise<void> {
    await store.write('alone', async (tx) => {
      for (const [table, rows] of this.#rows) await tx.insert(table, rows)
    })
    this.#rows.clear()
  }
}

/** Makes an instance with that many organizations. @returns who can sign, in order of creation */
export async function populate(config: Config, population: Population): Promise<Caller[]> {
  const store = await openStore(config, { checkpoints: false })
  const { rootKey, admin } = await initialise(store, config, {
    organizationId: null,
    organizationName: 'bench',
    userName: 'bench',
    email: null,
    apiPublicKey: null,
  })
  const keyvault = await Keyvault.open(store.reader, rootKey)
  const privateKey = generatePrivateKey('p256')
  const maker = {
    keyvault,
    parentId: admin.organizationId,
    privateKey: privateKey.toString('hex'),
    publicKey: publicKeyOf('p256', privateKey).toString('hex'),
  }
  const callers: Caller[] = []
  const spacing = population.organizations / population.callers
  const batch = new Batch()
  for (let n = 0; n < population.organizations; n++) {
    const signs = n >= callers.length * spacing
    const caller = await createOrganization(maker, batch as unknown as Tx, signs)
    if (signs) callers.push(caller)
    if (n % ORGANIZATIONS_A_TRANSACTION === 0) await batch.write(store)
  }
  await batch.write(store)
  await store.close()
  return callers
}

interface Maker {
  keyvault: Keyvault
  parentId: string
  privateKey: string
  publicKey: string
}

async function createOrganization(maker: Maker, tx: Tx, signs: boolean): Promise<Caller> {
  const { keyvault, parentId, publicKey, privateKey } = maker
  const nowMs = Date.now()
  const newId = () => newUuid(nowMs)
  const organizationId = newId()
  const { dataKey, row: keyRow } = keyvault.createDataKey(organizationId)
  const context = { organizationId, dataKey, nowMs, newId }
  const apiKey = { name: 'bench', publicKey, curve: 'p256', expirationSeconds: null } as const
  const credentials = { apiKeys: [apiKey], passkeys: [], identities: [] }
  const users = planUsers({
    ...context,
    organization: null,
    isRoot: true,
    users: [{ name: 'bench', email: null, phone: null, tagIds: [], credentials }],
  })
  const wallet = signs ? planWallet(context, null, WALLET) : null
  const birth = {
    unitId: newId(),
    auditKey: keyvault.auditKey,
    facts: hostFacts({ action: 'organization.create', resource: organizationId }),
    atMs: nowMs,
  }
  const name = `bench ${organizationId}`
  const features = new Map()
  const plan = {
    parentId,
    name,
    rootThreshold: 1,
    keyRow,
    users,
    wallet,
    privateKeys: [],
    features,
  }
  await insertOrganization(tx, { ...context, ...plan }, birth)
  return { organizationId, publicKey, privateKey, signWith: wallet?.accounts[0]?.address ?? '' }
}

const WALLET = {
  name: 'bench',
  mnemonic: 12,
  accounts: [
    { curve: 'secp256k1', path: "m/44'/60'/0'/0/0", addressFormat: 'ethereum', name: null },
  ],
} as const
