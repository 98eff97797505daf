// Fills an instance at rest with organizations, with the server's own code, many in a transaction.
import { randomBytes } from 'node:crypto'
import { generatePrivateKey, publicKeyOf, sha256, uncompressPublicKey } from '@keystead/crypto/node'
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
  /** How many of them, evenly spread, can be looked up by what nobody else has. */
  findable: number
}

/** An organization, and what its user can be looked up by. */
export interface Findable {
  organizationId: string
  publicKey: string
  privateKey: string
  email: string
  /** base64url. */
  credentialId: string
}

export interface Populated {
  /** The root organization and its admin's key. */
  admin: Pick<Findable, 'organizationId' | 'publicKey' | 'privateKey'>
  /** Who can sign, in order of creation. */
  callers: Caller[]
  findable: Findable[]
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
      // They were inserted last.
      const first = rows.findIndex((row) => row['organization_id'] === organizationId)
      const id = (row: Row) => String(row['id'])
      return first < 0 ? [] : rows.slice(first).sort((a, b) => (id(a) < id(b) ? -1 : 1))
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

/** Makes an instance with that many organizations. */
export async function populate(config: Config, population: Population): Promise<Populated> {
  const store = await openStore(config, { checkpoints: false })
  const { rootKeys, admin } = await initialise(store, config, {
    organizationId: null,
    organizationName: 'bench',
    userName: 'bench',
    email: null,
    apiPublicKey: null,
  })
  const keyvault = await Keyvault.open(store.reader, rootKeys)
  const privateKey = generatePrivateKey('p256')
  const maker = {
    keyvault,
    parentId: admin.organizationId,
    privateKey: privateKey.toString('hex'),
    publicKey: publicKeyOf('p256', privateKey).toString('hex'),
  }
  const callers: Caller[] = []
  const findable: Findable[] = []
  const spacing = population.organizations / population.callers
  const gap = population.organizations / population.findable
  const batch = new Batch()
  for (let n = 0; n < population.organizations; n++) {
    const signs = n >= callers.length * spacing
    const traits = traitsOf(n, n >= findable.length * gap)
    const caller = await createOrganization(maker, batch as unknown as Tx, { signs, traits })
    if (signs) callers.push(caller)
    if (traits.found !== null) {
      const { organizationId } = caller
      findable.push({ organizationId, email: traits.email, ...traits.found })
    }
    if (n % ORGANIZATIONS_A_TRANSACTION === 0) await batch.write(store)
  }
  await batch.write(store)
  await store.close()
  const { organizationId, apiPublicKey, apiPrivateKey = '' } = admin
  return {
    admin: { organizationId, publicKey: apiPublicKey, privateKey: apiPrivateKey },
    callers,
    findable,
  }
}

/** What tells the user of one organization from all others. */
interface Traits {
  email: string
  found: Pick<Findable, 'publicKey' | 'privateKey' | 'credentialId'> | null
}

function traitsOf(n: number, isFindable: boolean): Traits {
  const email = `user-${n}@example.com`
  if (!isFindable) return { email, found: null }
  const privateKey = generatePrivateKey('p256')
  return {
    email,
    found: {
      publicKey: publicKeyOf('p256', privateKey).toString('hex'),
      privateKey: privateKey.toString('hex'),
      credentialId: randomBytes(16).toString('base64url'),
    },
  }
}

function credentialsOf(shared: string, found: Traits['found']) {
  const apiKey = (name: string, publicKey: string) =>
    ({ name, publicKey, curve: 'p256', expirationSeconds: null }) as const
  if (found === null) {
    return { apiKeys: [apiKey('bench', shared)], passkeys: [], identities: [] }
  }
  return {
    apiKeys: [apiKey('bench', shared), apiKey('own', found.publicKey)],
    passkeys: [passkeyOf(found)],
    identities: [],
  }
}

/** A passkey with the public key of the API key, as a COSE_Key. */
function passkeyOf({ publicKey, credentialId }: NonNullable<Traits['found']>) {
  const point = uncompressPublicKey('p256', Buffer.from(publicKey, 'hex'))
  const [x, y] = [point.subarray(1, 33), point.subarray(33)]
  const [head, between] = [Buffer.from('a5010203262001215820', 'hex'), Buffer.from('225820', 'hex')]
  return {
    name: 'bench',
    rpIdHash: sha256(Buffer.from('example.com')),
    credentialId: Buffer.from(credentialId, 'base64url'),
    publicKey: Buffer.concat([head, x, between, y]),
    attestationFormat: 'none',
    aaguid: '00000000-0000-0000-0000-000000000000',
    transports: [],
  }
}

interface Maker {
  keyvault: Keyvault
  parentId: string
  privateKey: string
  publicKey: string
}

async function createOrganization(
  maker: Maker,
  tx: Tx,
  { signs, traits }: { signs: boolean; traits: Traits },
): Promise<Caller> {
  const { keyvault, parentId, publicKey, privateKey } = maker
  const nowMs = Date.now()
  const newId = () => newUuid(nowMs)
  const organizationId = newId()
  const { dataKey, row: keyRow } = keyvault.createDataKey(organizationId)
  const context = { organizationId, dataKey, nowMs, newId }
  const credentials = credentialsOf(publicKey, traits.found)
  const users = planUsers({
    ...context,
    organization: null,
    isRoot: true,
    users: [{ name: 'bench', email: traits.email, phone: null, tagIds: [], credentials }],
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
    invitations: [],
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
