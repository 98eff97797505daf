// A fresh instance inside the test's own process, on either engine, with any number of apps on it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase } from '../../../../tests/support/postgres.ts'
import { type App, createApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { exportAudit } from '../../src/domain/audit/export.ts'
import { type AuditVerdict, AuditVerifier } from '../../src/domain/audit/verify.ts'
import { RootKeys } from '../../src/domain/keyvault/rootKeys.ts'
import { type Admin, initialise, openStore } from '../../src/host/instance.ts'
import { createRootOrganization } from '../../src/host/organizations.ts'
import { backupsOf, familyOf } from '../../src/host/serving.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { Row, Store, Value } from '../../src/store/engine.ts'

export type Engine = Store['engine']
export const engines: readonly Engine[] = ['sqlite', 'postgres']

export interface InstanceOptions {
  /** The clock of every app on this instance. */
  clock?: Clock
  /** Whether apps run the background jobs; by default they do not. */
  jobs?: boolean
  /** Settings that differ from the defaults. */
  config?: Partial<Config>
  /** Gives the database URL that the apps use; SQL from outside goes to the database itself. */
  through?: (databaseUrl: string) => Promise<string>
}

/** One database, the processes that serve it, and somebody who can write to it by SQL. */
export class Instance {
  readonly engine: Engine
  readonly config: Config
  readonly admin: Admin
  readonly app: App
  /** What opens its recovery seal. */
  readonly recoveryWords: string
  readonly #rootKeys: RootKeys
  readonly #options: InstanceOptions
  readonly #outside: Store
  readonly #stores: Store[]
  readonly #drop: () => Promise<void>

  constructor(parts: InstanceParts) {
    this.engine = parts.app.deps.store.engine
    this.config = parts.config
    this.admin = parts.admin
    this.app = parts.app
    this.recoveryWords = parts.recoveryWords
    this.#rootKeys = parts.rootKeys
    this.#options = parts.options
    this.#outside = parts.outside
    this.#stores = [parts.app.store, parts.outside]
    this.#drop = parts.drop
  }

  get organizationId(): string {
    return this.admin.organizationId
  }

  /** What another process of the server is: its own store, caches and queue. */
  openApp(options: InstanceOptions = this.#options): Promise<App> {
    return this.openWith(RootKeys.fromText(this.#rootKeys.toText()), options)
  }

  /** A process that knows these root keys. */
  async openWith(rootKeys: RootKeys, options: InstanceOptions = this.#options): Promise<App> {
    const store = await openStore(this.config, { checkpoints: false })
    this.#stores.push(store)
    const { config } = this
    return startApp({ store, config, rootKeys, options })
  }

  /** Another root organization, with a key pair for its first user. */
  createOrganization(organizationName: string): Promise<Admin> {
    return createRootOrganization(this.app, { ...ADMIN, organizationName })
  }

  /** Reads by SQL, past the server. */
  rows<R extends object = Row>(sql: string, ...params: Value[]): Promise<R[]> {
    return this.#outside.reader.all<R>(sql, ...params)
  }

  /** How many rows of `table` there are. */
  async count(table: string): Promise<number> {
    const rows = await this.rows<{ n: number }>(`select count(*) as n from ${table}`)
    return rows[0]?.n ?? 0
  }

  /** Writes by SQL, past the server. */
  async tamper(sql: string, ...params: Value[]): Promise<number> {
    const { value } = await this.#outside.write('alone', (tx) => tx.run(sql, ...params))
    return value
  }

  /** The audit entries of one organization, oldest first. */
  entries(organizationId = this.organizationId) {
    return this.rows<{ seq: number; outcome: string; action: string; unit_id: string }>(
      `select seq, outcome, action, unit_id, activity_id from audit_entry
       where organization_id = ?u order by seq`,
      organizationId,
    )
  }

  /** Verifies every chain of the instance. */
  verify(): Promise<AuditVerdict> {
    const key = this.app.deps.keyvault.instance
      .published()
      .find(({ name }) => name === 'audit-checkpoint')?.publicKey
    return this.#outside.read(async (reader) => {
      const verifier = new AuditVerifier(Buffer.from(key ?? '', 'hex'))
      for await (const line of exportAudit(reader, null, key ?? '')) {
        verifier.take(JSON.stringify(line))
      }
      return verifier.verdict()
    })
  }

  /**
   * What is wrong: chains that do not verify or do not end where their head says, activities and
   * votes without an entry of their own.
   */
  async problems(): Promise<string[]> {
    const { problems, chains } = await this.verify()
    const heads = await this.rows<{ organization_id: string; seq: number }>(
      'select organization_id, seq from organization_head',
    )
    const elsewhere = heads.filter((head) => chains[head.organization_id] !== head.seq)
    const unrecorded = await this.rows<{ id: string }>(
      `select id from activity a where not exists (select 1 from audit_entry e
         where e.organization_id = a.organization_id and e.seq = a.seq and e.activity_id = a.id)`,
    )
    // The activity has one entry itself, and one for each vote.
    const unrecordedVotes = await this.rows<{ activity_id: string }>(
      `select v.activity_id from vote v group by v.organization_id, v.activity_id having count(*) >=
         (select count(*) from audit_entry e where e.organization_id = v.organization_id
          and e.activity_id = v.activity_id)`,
    )
    return [
      ...problems,
      ...elsewhere.map((head) => `${head.organization_id}: the head is at ${head.seq}`),
      ...unrecorded.map(({ id }) => `activity ${id} has no entry`),
      ...unrecordedVotes.map((vote) => `a vote on ${vote.activity_id} has no entry`),
    ]
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()))
    await this.#drop()
  }
}

interface InstanceParts {
  config: Config
  admin: Admin
  app: App
  recoveryWords: string
  rootKeys: RootKeys
  options: InstanceOptions
  outside: Store
  drop: () => Promise<void>
}

export const PUBLIC_URL = 'https://keystead.test'

const ADMIN = {
  organizationId: null,
  organizationName: 'Acme',
  userName: 'admin',
  email: null,
  apiPublicKey: null,
}

function startApp(parts: {
  store: Store
  rootKeys: RootKeys
  config: Config
  options: InstanceOptions
}): Promise<App> {
  const { clock, jobs = false } = parts.options
  return createApp(parts.store, parts.rootKeys, {
    config: parts.config,
    publicUrl: () => PUBLIC_URL,
    jobs: jobs
      ? { lanes: new Map(), family: familyOf(parts.config), backups: backupsOf(parts.config) }
      : null,
    ...(clock === undefined ? {} : { clock }),
  })
}

/** Where an instance can be made: an empty directory, or an empty database and a directory. */
export async function createPlace(engine: Engine) {
  const data = mkdtempSync(join(tmpdir(), 'ks-'))
  const database = engine === 'postgres' ? await createDatabase() : null
  return {
    data,
    databaseUrl: database?.url ?? '',
    configure: (databaseUrl: string) =>
      readConfig({ KEYSTEAD_DATA: data, KEYSTEAD_DATABASE_URL: databaseUrl }),
    drop: async () => {
      await database?.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export async function openInstance(
  engine: Engine,
  options: InstanceOptions = {},
): Promise<Instance> {
  const place = await createPlace(engine)
  const outside = await openStore(place.configure(place.databaseUrl), { checkpoints: false })
  const databaseUrl = (await options.through?.(place.databaseUrl)) ?? place.databaseUrl
  const config = { ...place.configure(databaseUrl), ...options.config }
  const store = await openStore(config, { checkpoints: false })
  const { admin, recoveryWords, rootKeys } = await initialise(store, config, ADMIN)
  const app = await startApp({ store, config, rootKeys, options })
  const parts = { config, admin, app, recoveryWords, rootKeys, options, outside }
  return new Instance({ ...parts, drop: place.drop })
}
