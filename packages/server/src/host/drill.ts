// The restore drill: a scratch instance from an archive, in which everything is opened and verified.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  parsePublicKey,
  sha256,
  taprootOutputKey,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
  verifySchnorr,
} from '@keystead/crypto/node'
import type { Config } from '../config.ts'
import { describeTable, listRows } from '../domain/archive/archive.store.ts'
import { ArchiveError, type ArchiveHeader } from '../domain/archive/header.ts'
import { listChains } from '../domain/audit/audit.store.ts'
import { exportAudit } from '../domain/audit/export.ts'
import { type AuditVerdict, AuditVerifier } from '../domain/audit/verify.ts'
import {
  isTaproot,
  Keyvault,
  type Signature,
  type SigningKey,
} from '../domain/keyvault/keyvault.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { loadSnapshot } from '../domain/organization/snapshot.ts'
import { Ledger } from '../domain/spending/ledger.ts'
import { accountKey, loadAccounts } from '../domain/wallet/accounts.ts'
import { openBody } from '../domain/webhook/event.ts'
import { INSTANCE_ID } from '../platform/ids.ts'
import type { Reader, Row, Store } from '../store/engine.ts'
import { createScratchDatabase } from '../store/postgres.ts'
import { connect } from './instance.ts'
import { restoreArchive, type Restored, type RestoreOptions } from './restore.ts'

export interface DrillOptions extends RestoreOptions {
  /** A PostgreSQL server's database, beside which a scratch one is made; null: SQLite. */
  databaseUrl: string | null
}

/** What a drill found. `problems` is empty when the archive can be relied upon. */
export interface DrillVerdict {
  problems: string[]
  /** The moment that the archive shows; null: its head could not be read. */
  takenAt: string | null
  rows: number
  organizations: number
  /** What was opened: data keys and everything under them. */
  opened: Opened
  /** Signatures made with restored keys, and verified: one with every key. */
  signatures: number
  audit: { chains: number; entries: number; checkpoints: number }
}

interface Opened {
  dataKeys: number
  seeds: number
  accounts: number
  privateKeys: number
  counters: number
  events: number
}

const NOTHING = { dataKeys: 0, seeds: 0, accounts: 0, privateKeys: 0, counters: 0, events: 0 }

/** Restores an archive to a scratch instance, verifies it, and removes it again. @throws HostError */
export async function drill(config: Config, options: DrillOptions): Promise<DrillVerdict> {
  const examination = new Examination()
  try {
    await onScratch(config, options.databaseUrl, async (scratch) => {
      const restored = await restoreArchive(scratch, options)
      examination.restored(restored)
      const store = await connect(scratch, { checkpoints: false })
      try {
        await examination.run(store, restored)
      } finally {
        await store.close()
      }
    })
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error
    examination.problem(error.message)
  }
  return examination.verdict()
}

/** Runs `work` with a place of its own, which is gone afterwards, also when the process is stopped. */
async function onScratch(
  config: Config,
  databaseUrl: string | null,
  work: (scratch: Config) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'keystead-drill-'))
  const database = databaseUrl === null ? null : await createScratchDatabase(databaseUrl)
  const remove = async () => {
    rmSync(directory, { recursive: true, force: true })
    await database?.drop()
  }
  const stopped = () => void remove().finally(() => process.exit(130))
  for (const signal of SIGNALS) process.once(signal, stopped)
  try {
    const dataDirectory = join(directory, 'data')
    await work({ ...config, dataDirectory, databaseUrl: database?.url ?? null })
  } finally {
    for (const signal of SIGNALS) process.off(signal, stopped)
    await remove()
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const PAGE = 500

class Examination {
  readonly #problems: string[] = []
  readonly #opened: Opened = { ...NOTHING }
  /** How far each chain goes, by its head, which nobody else can have written. */
  readonly #heads = new Map<string, number>()
  #header: ArchiveHeader | undefined
  #rows = 0
  #organizations = 0
  #signatures = 0
  #audit: AuditVerdict = { problems: [], chains: {}, checkpoints: 0 }

  problem(text: string): void {
    this.#problems.push(text)
  }

  restored({ header, rows }: Restored): void {
    this.#header = header
    this.#rows = rows
  }

  async run(store: Store, { header, rootKeys }: Restored): Promise<void> {
    const keyvault = await Keyvault.open(store.reader, rootKeys)
    for (const id of await listChains(store.reader)) {
      await this.#noting(`organization ${id}`, () =>
        store.read((reader) => this.#organization(reader, keyvault, id)),
      )
    }
    await this.#noting('the events of webhooks', () =>
      store.read((reader) => this.#events(reader, keyvault)),
    )
    await this.#noting('the audit log', () => store.read((reader) => this.#chains(reader, header)))
  }

  verdict(): DrillVerdict {
    const { chains, checkpoints } = this.#audit
    const lengths = Object.values(chains)
    return {
      problems: this.#problems,
      takenAt: this.#header === undefined ? null : new Date(this.#header.takenMs).toISOString(),
      rows: this.#rows,
      organizations: this.#organizations,
      opened: this.#opened,
      signatures: this.#signatures,
      audit: {
        chains: lengths.length,
        entries: lengths.reduce((sum, length) => sum + length, 0),
        checkpoints,
      },
    }
  }

  /** One organization that cannot be restored does not hide another. */
  async #noting(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.problem(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #organization(reader: Reader, keyvault: Keyvault, id: string): Promise<void> {
    const loaded = await loadSnapshot(reader, keyvault, id)
    if (loaded === undefined) throw new Error('its head is missing')
    this.#opened.dataKeys++
    this.#heads.set(id, loaded.head.seq)
    if (id !== INSTANCE_ID) this.#organizations++
    await this.#counters(reader, loaded.head)
    await this.#wallets(reader, keyvault, loaded.snapshot)
    for (const { id: privateKeyId, curve, publicKey } of loaded.snapshot.privateKeys.values()) {
      await this.#sign(reader, keyvault, {
        organizationId: id,
        curve,
        publicKey,
        addressFormat: null,
        source: { privateKeyId },
      })
      this.#opened.privateKeys++
    }
  }

  async #counters(reader: Reader, head: Parameters<typeof Ledger.open>[1]): Promise<void> {
    const ledger = await Ledger.open(reader, head)
    await ledger.forget(() => {
      this.#opened.counters++
      return false
    })
  }

  async #wallets(reader: Reader, keyvault: Keyvault, organization: Snapshot): Promise<void> {
    const { organizationId } = organization
    for (const walletId of organization.wallets.keys()) {
      await keyvault.seed(reader, organizationId, walletId)
      this.#opened.seeds++
    }
    const services = { reader, keyvault }
    let after: string | null = null
    for (;;) {
      const page = { walletId: null, before: null, after, limit: PAGE }
      const accounts: Awaited<ReturnType<typeof loadAccounts>> = await loadAccounts(
        services,
        organizationId,
        page,
      )
      for (const account of accounts) {
        await this.#sign(reader, keyvault, accountKey(account))
        this.#opened.accounts++
      }
      after = accounts.at(-1)?.id ?? null
      if (accounts.length < PAGE) return
    }
  }

  async #sign(reader: Reader, keyvault: Keyvault, key: SigningKey): Promise<void> {
    const digest = sha256(MESSAGE)
    const message = key.curve === 'ed25519' ? MESSAGE : digest
    const signature = await keyvault.sign(reader, key, message)
    if (!verifies(key, signature)) {
      throw new Error(`a signature of key ${key.publicKey.toString('hex')} does not verify`)
    }
    this.#signatures++
  }

  async #events(reader: Reader, keyvault: Keyvault): Promise<void> {
    const table = await describeTable(reader, 'webhook_event')
    if (table === undefined) throw new Error('the table is missing')
    let after: Row | null = null
    for (;;) {
      const rows: Row[] = await listRows(reader, table, { after, limit: PAGE })
      for (const row of rows) {
        const event = { id: String(row['id']), body_sealed: row['body_sealed'] as Buffer }
        await keyvault.withDataKey(reader, String(row['organization_id']), (dataKey) =>
          openBody(dataKey, event),
        )
        this.#opened.events++
      }
      after = rows.at(-1) ?? null
      if (rows.length < PAGE) return
    }
  }

  /** Every chain, and that it holds what the newest checkpoint in the archive's head says. */
  async #chains(reader: Reader, { instance, checkpoint }: ArchiveHeader): Promise<void> {
    const verifier = new AuditVerifier(Buffer.from(instance, 'hex'))
    let found = checkpoint === null
    for await (const line of exportAudit(reader, null, instance)) {
      verifier.take(JSON.stringify(line))
      if (line.kind === 'checkpoint' && line.height === checkpoint?.height) {
        const { kind: _, ...stored } = line
        found = Object.entries(checkpoint).every(
          ([name, value]) => stored[name as keyof typeof stored] === value,
        )
      }
    }
    this.#audit = verifier.verdict()
    this.#problems.push(...this.#audit.problems)
    for (const [id, seq] of this.#heads) {
      if (this.#audit.chains[id] !== seq)
        this.problem(`${id}: the log does not end with entry ${seq}`)
    }
    if (!found) this.problem('the log does not hold the checkpoint that the archive names')
  }
}

const MESSAGE = Buffer.from('keystead restore drill')

function verifies(signer: SigningKey, { r, s }: Signature): boolean {
  const { curve, publicKey } = signer
  if (isTaproot(signer)) {
    return verifySchnorr(taprootOutputKey(publicKey), sha256(MESSAGE), Buffer.concat([r, s]))
  }
  const key = parsePublicKey(curve, publicKey)
  if (key === undefined) return false
  switch (curve) {
    case 'secp256k1':
      return verifyEcdsaDigest(key, sha256(MESSAGE), { r, s })
    case 'p256':
      return verifyP256Message(key, MESSAGE, { r, s })
    case 'ed25519':
      return verifyEd25519(key, MESSAGE, Buffer.concat([r, s]))
  }
}
