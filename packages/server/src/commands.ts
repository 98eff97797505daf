// What the command line may do in its own process: the server's one exported module.
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Config } from './config.ts'
import { findNewestLeaf } from './domain/audit/audit.store.ts'
import { exportAudit } from './domain/audit/export.ts'
import { type AuditVerdict, AuditVerifier } from './domain/audit/verify.ts'
import { publishedKeys, type PublicInstanceKey } from './domain/keyvault/instanceKeys.ts'
import { listInstanceKeys } from './domain/keyvault/keyvault.store.ts'
import { findLimits } from './domain/organization/governance.store.ts'
import { allowancesOf, resourceLimits } from './domain/organization/limits.ts'
import { listRootOrganizations } from './domain/organization/lookup.store.ts'
import { listUsage } from './domain/usage/usage.store.ts'
import { transactionTypes } from './domain/transaction/transaction.ts'
import { listEvents as listLoggedEvents } from './domain/webhook/webhook.store.ts'
import { operations } from './family/turnkey/operations.ts'
import { sendControl } from './host/control.ts'
import {
  type Admin,
  HostError,
  type InitOptions,
  type Initialised,
  initialise,
  isEmptyDirectory,
  isInitialised,
} from './host/instance.ts'
import type { LimitValue } from './host/governance.ts'
import type { DeleteOptions, Enrolment, RecoverOptions } from './host/organizations.ts'
import { readProgress, type RotateOptions, type RotationProgress } from './host/rotation.ts'
import { openApp, withInstance, withStore, writeAsHost } from './host/shell.ts'
import type { Attempt, Unsealing } from './host/unsealer.ts'
import { unsealByConfig } from './host/unsealing.ts'
import { listWaitingMail, type WaitingMail } from './host/waitingMail.ts'
import { describeEvent, type ListedEvent, type ReplayOptions } from './host/webhooks.ts'
import { isUuid } from './platform/ids.ts'
import type { Reader } from './store/engine.ts'

export { type Config, ConfigError, describeConfig, readConfig } from './config.ts'
export type { AuditVerdict } from './domain/audit/verify.ts'
export type { DeleteOptions, RecoverOptions } from './host/organizations.ts'
export { type Admin, HostError, type InitOptions, type Initialised } from './host/instance.ts'
export { dev } from './host/dev.ts'
export { recoveryNotice, serve } from './host/serve.ts'
export {
  addFileSeal,
  addPassphraseSeal,
  addRecoverySeal,
  addShamirSeal,
  addTokenSeal,
  exportSealFile,
  listSeals,
  type NextShare,
  openerOfShares,
  removeSeal,
  testSeal,
} from './host/sealCommands.ts'
export { openerOfFile, openerOfWords, type Opener } from './host/unsealing.ts'
export type { Attempt, Unsealing }
export { AuditVerifier, operations, transactionTypes }
export { isUuid }
export type { LimitValue } from './host/governance.ts'
export { AppError } from './errors.ts'
export { ArchiveError } from './domain/archive/header.ts'
export type { DrillVerdict } from './host/drill.ts'
export {
  backup,
  drillRestore,
  type RestoreOrder,
  type RestoreSummary,
  restore,
} from './host/archiveCommands.ts'

/** Makes a new instance. @throws HostError when the data directory is not empty */
export async function init(config: Config, options: InitOptions): Promise<Initialised> {
  if (!isEmptyDirectory(config.dataDirectory)) {
    throw new HostError(`the data directory ${config.dataDirectory} is not empty`)
  }
  return withStore(config, async (store) => {
    if (await isInitialised(store)) throw new HostError('the database already holds an instance')
    return initialise(store, config, options)
  })
}

/** Gives the running server what may unseal it. @throws HostError */
export async function unseal(config: Config, attempt: Attempt): Promise<Unsealing> {
  return (await sendControl(config, { command: 'unseal', attempt })) as Unsealing
}

/** The public instance keys, for clients that must be told them. */
export function readPublicKeys(config: Config): Promise<PublicInstanceKey[]> {
  return withInstance(config, async ({ reader }) => publishedKeys(await listInstanceKeys(reader)))
}

/** Creates a root organization, with its own first user. @throws HostError, AppError */
export async function createOrganization(config: Config, options: InitOptions): Promise<Admin> {
  return (await writeAsHost(config, { command: 'createOrganization', options })) as Admin
}

/** Creates a root organization whose first user makes a passkey by a link. @throws HostError, AppError */
export async function enrolOrganization(config: Config, options: InitOptions): Promise<Enrolment> {
  return (await writeAsHost(config, { command: 'enrolOrganization', options })) as Enrolment
}

/** Deletes a root organization with all below it. @throws HostError @returns how many there were */
export async function deleteOrganization(config: Config, options: DeleteOptions): Promise<number> {
  return (await writeAsHost(config, { command: 'deleteOrganization', options })) as number
}

/** Gives a root user another API key, when the keys of its own are lost. @throws HostError */
export async function recoverAdmin(config: Config, options: RecoverOptions): Promise<Admin> {
  return (await writeAsHost(config, { command: 'recoverAdmin', options })) as Admin
}

/**
 * Stops, or allows again, all activities of an organization and of what is below it.
 * @param options.organizationId null: every root organization, those still to come too
 * @returns how many organizations were changed
 */
export async function freeze(
  config: Config,
  options: { organizationId: string | null; frozen: boolean },
): Promise<number> {
  return (await writeAsHost(config, { command: 'freeze', options })) as number
}

/** Sets limits of an organization; without any, changes nothing. @returns those that hold now */
export async function setLimits(
  config: Config,
  organizationId: string,
  set: Record<string, LimitValue>,
) {
  if (Object.keys(set).length > 0) {
    await writeAsHost(config, { command: 'setLimits', options: { organizationId, set } })
  }
  return withInstance(config, async ({ reader }) => {
    const found = isUuid(organizationId) ? await findLimits(reader, organizationId) : undefined
    if (found === undefined) throw new HostError(`there is no organization ${organizationId}`)
    const { parentId, set: own } = found
    const shared = parentId === null ? allowancesOf(own, config.allowances) : {}
    return { ...resourceLimits(parentId !== null, own), ...shared }
  })
}

/** The newest events of an organization's endpoint. @param failed only those not delivered yet */
export function listEvents(
  config: Config,
  options: { organizationId: string; failed: boolean },
): Promise<ListedEvent[]> {
  return withInstance(config, async ({ reader }) => {
    const { organizationId, failed: troubled } = options
    if ((await findLimits(reader, organizationId)) === undefined) {
      throw new HostError(`there is no organization ${organizationId}`)
    }
    const rows = await listLoggedEvents(reader, organizationId, { troubled, limit: LISTED_MAX })
    return rows.map(describeEvent)
  })
}

/** Sends events again. @returns how many @throws HostError */
export async function replayEvents(config: Config, options: ReplayOptions): Promise<number> {
  return (await writeAsHost(config, { command: 'replayEvents', options })) as number
}

/** The secret shared with an organization's receiver, as `whsec_…`. @throws HostError */
export async function showSecret(config: Config, organizationId: string): Promise<string> {
  return (await writeAsHost(config, {
    command: 'showSecret',
    options: { organizationId },
  })) as string
}

/**
 * Gives data keys a new version: of one organization at once, of all by a running server.
 * @throws HostError, AppError
 */
export async function rotateDataKeys(config: Config, options: RotateOptions): Promise<void> {
  await writeAsHost(config, { command: 'rotateDataKeys', options })
}

/** Replaces the root key. @returns the version of the new one @throws HostError, AppError */
export async function rekey(config: Config): Promise<number> {
  return (await writeAsHost(config, { command: 'rekey' })) as number
}

/** How far rotation is. */
export function readRotation(config: Config): Promise<RotationProgress> {
  return withInstance(config, ({ reader }) => readProgress(reader))
}

/** What a root organization and all below it used in a month. */
export interface MonthlyUsage {
  organizationId: string
  /** As `2026-11`, in UTC. */
  month: string
  activities: number
  signatures: number
  /** Signatures that a quota has counted: exactly, and only while there was one. */
  charged: number
}

/** What root organizations used, newest month first. @param organizationId null: all of them */
export function readUsage(config: Config, organizationId: string | null): Promise<MonthlyUsage[]> {
  return withInstance(config, async ({ reader }) => {
    const roots = await listRootOrganizations(reader, { after: null, limit: LISTED_MAX })
    const ids = roots.map((row) => row.organization_id)
    const wanted = organizationId === null ? ids : ids.filter((id) => id === organizationId)
    const used = wanted.map(async (id) =>
      (await listUsage(reader, id)).map(({ month, ...counts }) => ({
        organizationId: id,
        month: `${Math.floor(month / 100)}-${String(month % 100).padStart(2, '0')}`,
        ...counts,
      })),
    )
    return (await Promise.all(used)).flat()
  })
}

/** Mail that has not been delivered: read here when this process can unseal, else by the server. */
export async function listMail(config: Config): Promise<WaitingMail[]> {
  return withInstance(config, async (store) => {
    const { rootKeys } = await unsealByConfig({ store, config })
    return rootKeys === undefined
      ? ((await sendControl(config, { command: 'listMail' })) as WaitingMail[])
      : listWaitingMail(await openApp(store, config, rootKeys))
  })
}

export interface OrganizationSummary {
  organizationId: string
  name: string
  createdAt: string
  /** Whether the host has stopped its activities. */
  frozen: boolean
}

const LISTED_MAX = 1000

/** The root organizations of the instance, oldest first. */
export function listOrganizations(config: Config): Promise<OrganizationSummary[]> {
  return withInstance(config, async ({ reader }) => {
    const rows = await listRootOrganizations(reader, { after: null, limit: LISTED_MAX })
    return rows.map((row) => ({
      organizationId: row.organization_id,
      name: row.name,
      createdAt: new Date(row.created_ms).toISOString(),
      frozen: (row.frozen ?? 0) !== 0,
    }))
  })
}

/**
 * Writes the audit log as JSON lines.
 * @param options.organizationId null: every chain of the instance
 * @param options.checkpointsOnly no entries: what to keep elsewhere. Of one organization the newest
 *   checkpoint that has it, of the instance all
 * @param options.file null: the standard output
 */
export async function exportLog(
  config: Config,
  options: { organizationId: string | null; checkpointsOnly: boolean; file: string | null },
): Promise<void> {
  await withInstance(config, async (store) => {
    const out =
      options.file === null ? process.stdout : createWriteStream(options.file, { mode: 0o600 })
    await store.read(async (reader) => {
      await pipeline(exportLines(reader, options), out, { end: options.file !== null })
    })
  })
}

async function* exportLines(
  reader: Reader,
  options: { organizationId: string | null; checkpointsOnly: boolean },
): AsyncGenerator<string> {
  const { organizationId, checkpointsOnly } = options
  const newest = organizationId === null ? undefined : await findNewestLeaf(reader, organizationId)
  const key = await checkpointKey(reader)
  for await (const line of exportAudit(reader, organizationId, key)) {
    const isNewest = 'height' in line && (newest === undefined || line.height === newest.height)
    if (!checkpointsOnly || isNewest) yield `${JSON.stringify(line)}\n`
  }
}

async function checkpointKey(reader: Reader): Promise<string> {
  const keys = publishedKeys(await listInstanceKeys(reader))
  return keys.find(({ name }) => name === 'audit-checkpoint')?.publicKey ?? ''
}

/** Verifies the chains of the database itself. */
export function verifyStored(config: Config): Promise<AuditVerdict> {
  return withInstance(config, (store) =>
    store.read(async (reader) => {
      const verifier = new AuditVerifier(null)
      for await (const line of exportAudit(reader, null, await checkpointKey(reader))) {
        verifier.take(JSON.stringify(line))
      }
      return verifier.verdict()
    }),
  )
}
