// Root organizations and their administrators, at the hands of the person at the host's shell.
import type { App } from '../app.ts'
import { entryOnly, type Unit } from '../commit/unit.ts'
import { planApiKeys } from '../domain/credential/apiKey.ts'
import { insertCredentials } from '../domain/credential/credential.store.ts'
import { planEnrolment } from '../domain/invitation/invitation.ts'
import { invitationLink } from '../domain/invitation/invitationMail.ts'
import { insertOrganization, type OrganizationPlan } from '../domain/organization/create.ts'
import { holdsUnexported } from '../domain/organization/deletion.ts'
import { findSubOrganizations, listRootOrganizations } from '../domain/organization/lookup.store.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { eraseOrganization } from '../domain/organization/organization.store.ts'
import { AppError } from '../errors.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import {
  type Admin,
  adminKey,
  HostError,
  hostFacts,
  type InitOptions,
  planOwned,
  planRootOrganization,
} from './instance.ts'

export interface DeleteOptions {
  organizationId: string
  /** Also when wallets or private keys in it were never exported. */
  withoutExport: boolean
}

export interface RecoverOptions {
  /** Null: the only root organization. */
  organizationId: string | null
  /** Null: its first root user. */
  userId: string | null
  /** Compressed P-256, hexadecimal; null: a key pair is generated. */
  apiPublicKey: string | null
}

/** Creates a root organization with its first user. The instance's chain records it. */
export async function createRootOrganization(app: App, options: InitOptions): Promise<Admin> {
  const { keyvault, clock } = app.deps
  const { plan, admin } = planRootOrganization(keyvault, options, clock.now())
  await insert(app, plan)
  return admin
}

/** A root organization whose first user makes a passkey by opening a link. */
export interface Enrolment {
  organizationId: string
  userId: string
  /** Works once. Whoever opens it makes their passkey the first user's. */
  link: string
  expiresAt: string
}

/** Creates a root organization whose first user has no credential but a link to make a passkey. */
export async function enrolRootOrganization(app: App, options: InitOptions): Promise<Enrolment> {
  const { keyvault, clock } = app.deps
  const publicUrl = app.deps.publicUrl()
  if (publicUrl === '') {
    throw new HostError('a link needs KEYSTEAD_PUBLIC_URL: where people reach this server')
  }
  const nowMs = clock.now()
  const plan = planOwned(keyvault, options, { nowMs, apiPublicKey: null })
  const { organizationId } = plan
  const userId = String(plan.users.users[0]?.['id'])
  const invitation = planEnrolment(
    { organizationId, nowMs, newId: () => newUuid(nowMs) },
    { id: userId, name: options.userName, email: options.email },
  )
  await insert(app, { ...plan, invitations: [invitation.row] })
  return {
    organizationId,
    userId,
    link: invitationLink({ publicUrl }, invitation),
    expiresAt: new Date(invitation.expiresMs).toISOString(),
  }
}

async function insert(app: App, plan: OrganizationPlan): Promise<void> {
  const { keyvault, queue, clock } = app.deps
  const audit = hostFacts({ action: 'organization.create', resource: plan.organizationId })
  const outcome = await queue.submit({
    ...entryOnly({ id: newUuid(clock.now()), organizationId: INSTANCE_ID, audit }),
    changes: 'rows',
    effects: (tx) =>
      insertOrganization(tx, plan, {
        unitId: tx.unit.id,
        auditKey: keyvault.auditKey,
        facts: audit,
        atMs: tx.nowMs,
      }),
  })
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind !== 'committed') throw new AppError('UNAVAILABLE')
}

/**
 * Deletes a root organization, then its sub-organizations: when the first is gone, nobody can make
 * further ones. Interrupted, it goes on where it was when it is called again.
 * @returns how many organizations it deleted
 */
export async function deleteRootOrganization(app: App, options: DeleteOptions): Promise<number> {
  const { organizationId, withoutExport } = options
  const root = await app.deps.directory.refresh(organizationId)
  if (root !== undefined && (root.parentId !== null || organizationId === INSTANCE_ID)) {
    throw new HostError(`${organizationId} is not a root organization`)
  }
  if (root !== undefined && !withoutExport) await refuseUnexported(app, root)
  let deleted = root === undefined ? 0 : await deleteOne(app, organizationId)
  for await (const below of everyBelow(app, organizationId)) deleted += await deleteOne(app, below)
  if (deleted === 0) throw new HostError(`there is no organization ${organizationId}`)
  return deleted
}

async function refuseUnexported(app: App, root: Snapshot): Promise<void> {
  const refuse = ({ organizationId }: Snapshot) => {
    const what = `organization ${organizationId} holds wallets or private keys that were never exported`
    throw new HostError(`${what}: export them, or add --without-export`)
  }
  if (holdsUnexported(root)) refuse(root)
  for await (const id of everyBelow(app, root.organizationId)) {
    const below = await app.deps.directory.refresh(id)
    if (below !== undefined && holdsUnexported(below)) refuse(below)
  }
}

const PAGE = 100

/** The ids of all sub-organizations, in order. */
async function* everyBelow(app: App, parentId: string): AsyncGenerator<string> {
  let after: string | null = null
  for (;;) {
    const page: string[] = await findSubOrganizations(app.store.reader, parentId, {
      by: 'any',
      values: [],
      limit: PAGE,
      before: null,
      after,
    })
    yield* page
    after = page.at(-1) ?? null
    if (page.length < PAGE) return
  }
}

/** @returns 1: how many it deleted */
function deleteOne(app: App, organizationId: string): Promise<number> {
  return change(app, organizationId, () => ({
    action: 'organization.delete',
    resource: organizationId,
    effects: (tx) => eraseOrganization(tx, { organizationId, nowMs: tx.nowMs }),
    value: 1,
  }))
}

/** Adds an API key to a root user; the organization's own chain announces it. */
export async function recoverAdmin(app: App, options: RecoverOptions): Promise<Admin> {
  const organizationId = options.organizationId ?? (await onlyRootOrganization(app))
  const key = adminKey(options.apiPublicKey)
  return change(app, organizationId, (organization) => {
    const userId = options.userId ?? firstRootUser(organization)
    const nowMs = app.deps.clock.now()
    if (organization.users.get(userId)?.isRoot !== true) {
      throw new HostError(`user ${userId} is not a root user of organization ${organizationId}`)
    }
    const { rows } = planApiKeys({
      organizationId,
      userId,
      // Whoever has lost all keys must not be kept out by their number.
      organization: {
        ...organization,
        limits: { ...organization.limits, longLivedApiKeysPerUser: Infinity },
      },
      keys: [
        {
          name: `recovered ${new Date(nowMs).toISOString()}`,
          publicKey: key.apiPublicKey,
          curve: 'p256',
          expirationSeconds: null,
        },
      ],
      nowMs,
      newId: () => newUuid(nowMs),
    })
    const apiKeyId = String(rows[0]?.['id'])
    return {
      action: 'organization.recoverAdmin',
      resource: apiKeyId,
      effects: (tx) => insertCredentials(tx, { apiKeys: rows, passkeys: [], oidcIdentities: [] }),
      value: { organizationId, userId, apiKeyId, ...key },
    }
  })
}

async function onlyRootOrganization(app: App): Promise<string> {
  const found = await listRootOrganizations(app.store.reader, { after: INSTANCE_ID, limit: 2 })
  const [only, another] = found
  if (only === undefined || another !== undefined) {
    throw new HostError('there is not exactly one root organization: name one with --organization')
  }
  return only.organization_id
}

function firstRootUser({ organizationId, users }: Snapshot): string {
  const [first] = [...users.values()].filter(({ isRoot }) => isRoot).map(({ id }) => id)
  if (first === undefined) throw new HostError(`organization ${organizationId} has no root user`)
  return first
}

const ROUNDS_MAX = 16

interface Change<T> {
  action: string
  resource: string
  effects: NonNullable<Unit['effects']>
  value: T
}

/** Changes an organization as the host; decided anew while others change it at the same time. */
async function change<T>(
  { deps }: App,
  organizationId: string,
  plan: (organization: Snapshot) => Change<T>,
): Promise<T> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const organization = await deps.directory.refresh(organizationId)
    if (organization === undefined || organizationId === INSTANCE_ID) {
      throw new HostError(`there is no organization ${organizationId}`)
    }
    const { action, resource, effects, value } = plan(organization)
    const audit = hostFacts({ action, resource })
    const outcome = await deps.queue.submit({
      ...entryOnly({ id: newUuid(deps.clock.now()), organizationId, audit }),
      reads: [organization],
      changes: 'snapshot',
      effects,
    })
    if (outcome.kind === 'failed') throw outcome.error
    if (outcome.kind === 'committed') return value
  }
  throw new AppError('UNAVAILABLE')
}
