// An instance at rest: opening its database, initialising it, unsealing it.
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import type { Config } from '../config.ts'
import { Keyvault } from '../domain/keyvault/keyvault.ts'
import {
  insertSeal,
  type InstanceKeyRow,
  instanceKeyTable,
  listSeals,
  rootKeyTable,
  type SealKind,
} from '../domain/keyvault/keyvault.store.ts'
import { DataKey } from '../domain/keyvault/dataKeys.ts'
import { generateInstanceKeys } from '../domain/keyvault/instanceKeys.ts'
import { newRecoverySecret } from '../domain/keyvault/recoveryWords.ts'
import { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { writeSealFile } from '../domain/keyvault/sealFile.ts'
import { makeSeal, offerSeal, type SealOffer, sealRecipient } from '../domain/keyvault/seals.ts'
import { insertOrganization, type OrganizationPlan } from '../domain/organization/create.ts'
import { planUsers } from '../domain/user/user.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import type { Store, Tx } from '../store/engine.ts'
import { migrate } from '../store/migrate.ts'
import { PostgresStore } from '../store/postgres.ts'
import { SqliteStore } from '../store/sqlite.ts'
import { isRestored } from './restoring.ts'

export const DATABASE_FILE = 'keystead.db'

/** Something the person at the shell can mend; its message says how. */
export class HostError extends Error {
  override name = 'HostError'
}

/** Opens the configured database and brings its schema up to date. */
export async function openStore(config: Config, options: { checkpoints: boolean }): Promise<Store> {
  assertOurDirectory(config)
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 })
  const store = await connect(config, options)
  try {
    if (!(await isRestored(config, store))) throw interrupted(config)
    await migrate(store)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

function interrupted({ dataDirectory }: Config): HostError {
  return new HostError(
    `a restore into ${dataDirectory} was interrupted: type \`npx keystead restore\` again`,
  )
}

/** Before anything is created: a directory of something else is left as it is. */
function assertOurDirectory({ dataDirectory, databaseUrl }: Config): void {
  if (databaseUrl !== null || isEmptyDirectory(dataDirectory)) return
  if (existsSync(join(dataDirectory, DATABASE_FILE))) return
  throw new HostError(
    `the data directory ${dataDirectory} is not empty but holds no instance: choose another with --data`,
  )
}

/** Opens the configured database as it is, or makes an empty one. */
export async function connect(config: Config, options: { checkpoints: boolean }): Promise<Store> {
  if (config.databaseUrl === null) {
    const path = join(config.dataDirectory, DATABASE_FILE)
    const store = new SqliteStore(path, options)
    chmodSync(path, 0o600)
    return store
  }
  const store = new PostgresStore(config.databaseUrl)
  try {
    await store.assertDurable()
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

export async function isInitialised(store: Store): Promise<boolean> {
  return (await listSeals(store.reader)).length > 0
}

/** Whether nothing has been put into the data directory yet. */
export function isEmptyDirectory(path: string): boolean {
  return !existsSync(path) || readdirSync(path).length === 0
}

export interface InitOptions {
  /** Null: a new one. */
  organizationId: string | null
  organizationName: string
  userName: string
  email: string | null
  /** Compressed P-256, hexadecimal; null: a key pair is generated. */
  apiPublicKey: string | null
}

/** What `init` prints and writes to `admin.json`. */
export interface Admin {
  organizationId: string
  userId: string
  apiKeyId: string
  apiPublicKey: string
  /** Absent when the caller brought its own public key. */
  apiPrivateKey?: string
}

export interface Initialised {
  admin: Admin
  /** 24 words that open the instance when the seal file is lost. Shown once, stored nowhere. */
  recoveryWords: string
  rootKeys: RootKeys
}

/**
 * Makes an instance: root key and seals, instance keys, the root organization and its first user.
 * The key files are written before the database, so that a crash loses nothing that was used.
 */
export async function initialise(
  store: Store,
  config: Config,
  options: InitOptions,
): Promise<Initialised> {
  const nowMs = Date.now()
  const rootKeys = RootKeys.generate()
  const recovery = newRecoverySecret()
  const fileSecret = writeSealFile(config.sealFile)
  const adminFile = join(config.dataDirectory, 'admin.json')
  try {
    const offer = (kind: SealKind, secret: Buffer, details: Record<string, unknown>) => {
      const name = { id: newUuid(nowMs), kind }
      return offerSeal(name, sealRecipient(name, secret), details)
    }
    // Whether the words were written down is known when somebody has typed them.
    const seals = [
      offer('file', fileSecret, { provedMs: nowMs }),
      offer('recovery', recovery.secret, {}),
    ]
    const dataKey = DataKey.generate()
    const keys = generateInstanceKeys(dataKey)
    const keyvault = Keyvault.fresh(rootKeys, dataKey, keys)
    const { plan, admin } = planRootOrganization(keyvault, options, nowMs)
    writeFileSync(adminFile, `${JSON.stringify(admin, null, 2)}\n`, { mode: 0o600, flush: true })
    await store.write('alone', (tx) =>
      insertInstance(tx, { seals, plan, nowMs, instance: { rootKeys, dataKey, keys, keyvault } }),
    )
    return { admin, recoveryWords: recovery.words, rootKeys }
  } catch (error) {
    rmSync(config.sealFile, { force: true })
    rmSync(adminFile, { force: true })
    throw error
  }
}

/** A root organization with one root user and one API key. */
export function planRootOrganization(
  keys: Pick<Keyvault, 'createDataKey'>,
  options: InitOptions,
  nowMs: number,
) {
  const key = adminKey(options.apiPublicKey)
  const plan = planOwned(keys, options, { nowMs, apiPublicKey: key.apiPublicKey })
  const { organizationId, users } = plan
  const admin: Admin = {
    organizationId,
    userId: String(users.users[0]?.['id']),
    apiKeyId: String(users.apiKeys[0]?.['id']),
    ...key,
  }
  return { plan, admin }
}

/** A root organization with one root user. @param first.apiPublicKey null: without a credential */
export function planOwned(
  keys: Pick<Keyvault, 'createDataKey'>,
  options: InitOptions,
  { nowMs, apiPublicKey }: { nowMs: number; apiPublicKey: string | null },
): OrganizationPlan {
  const organizationId = options.organizationId ?? newUuid(nowMs)
  const { dataKey, row: keyRow } = keys.createDataKey(organizationId)
  const apiKeys =
    apiPublicKey === null
      ? []
      : [
          {
            name: 'admin',
            publicKey: apiPublicKey,
            curve: 'p256' as const,
            expirationSeconds: null,
          },
        ]
  const users = planUsers({
    organizationId,
    organization: null,
    isRoot: true,
    nowMs,
    newId: () => newUuid(nowMs),
    users: [
      {
        name: options.userName,
        email: options.email,
        phone: null,
        tagIds: [],
        credentials: { apiKeys, passkeys: [], identities: [] },
      },
    ],
  })
  return {
    organizationId,
    parentId: null,
    name: options.organizationName,
    rootThreshold: 1,
    dataKey,
    keyRow,
    users,
    wallet: null,
    privateKeys: [],
    features: new Map(),
    invitations: [],
    nowMs,
  }
}

/** A key that an administrator brings, or a new pair. @param apiPublicKey null: a new pair */
export function adminKey(
  apiPublicKey: string | null,
): Pick<Admin, 'apiPublicKey' | 'apiPrivateKey'> {
  if (apiPublicKey !== null) return { apiPublicKey }
  const privateKey = generatePrivateKey('p256')
  return {
    apiPublicKey: publicKeyOf('p256', privateKey).toString('hex'),
    apiPrivateKey: privateKey.toString('hex'),
  }
}

interface NewInstance {
  seals: SealOffer[]
  plan: OrganizationPlan
  nowMs: number
  instance: { rootKeys: RootKeys; dataKey: DataKey; keys: InstanceKeyRow[]; keyvault: Keyvault }
}

async function insertInstance(
  tx: Tx,
  { seals, plan, nowMs, instance }: NewInstance,
): Promise<void> {
  const { rootKeys, dataKey, keys, keyvault } = instance
  const { version } = rootKeys.newest
  await tx.insert(rootKeyTable, [{ version, handover: null, created_ms: nowMs }])
  for (const seal of seals) await insertSeal(tx, makeSeal(seal, rootKeys, nowMs))
  await tx.insert(
    instanceKeyTable,
    keys.map((row) => ({ ...row, created_ms: nowMs })),
  )
  const pseudo: OrganizationPlan = {
    organizationId: INSTANCE_ID,
    parentId: null,
    name: 'instance',
    rootThreshold: 1,
    dataKey,
    keyRow: keyvault.wrapDataKey(dataKey, INSTANCE_ID),
    users: { users: [], apiKeys: [], passkeys: [], oidcIdentities: [] },
    wallet: null,
    privateKeys: [],
    features: new Map(),
    invitations: [],
    nowMs,
  }
  const birth = { unitId: newUuid(nowMs), auditKey: keyvault.auditKey, atMs: nowMs }
  const created = hostFacts({ action: 'organization.create', resource: plan.organizationId })
  await insertOrganization(tx, pseudo, {
    ...birth,
    facts: hostFacts({ action: 'instance.init', resource: '' }),
  })
  await insertOrganization(tx, plan, { ...birth, facts: created })
}

/** Audit facts of something done by the person at the host's shell. */
export function hostFacts(event: {
  action: string
  resource: string
  payload?: Record<string, unknown>
}) {
  return {
    actor: 'host',
    credential: '',
    action: event.action,
    resource: event.resource,
    outcome: 'accepted',
    activityId: null,
    bodyHash: null,
    payload: event.payload ?? {},
  } as const
}
