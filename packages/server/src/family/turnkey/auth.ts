// Who calls: finds the stamp's key in the target organization, its parent, or below it.
import { isLive } from '../../domain/credential/apiKey.ts'
import type { Directory } from '../../domain/organization/directory.ts'
import type { Snapshot } from '../../domain/organization/model.ts'
import { AppError, type ErrorCode, invalidField } from '../../errors.ts'
import type { Call, Caller } from '../../operation/family.ts'
import { INSTANCE_ID, isUuid } from '../../platform/ids.ts'
import { authenticateInvitee } from './inviteeAuth.ts'
import { type Held, isWebauthn, parseProof, type Proof } from './proof.ts'

/** A credential, and the organizations it was found through. */
interface Match {
  credential: Held
  /** Where its user lives. */
  home: Snapshot
  organization: Snapshot
  parent: Snapshot | null
}

/**
 * Authenticates a request by its stamp.
 * @throws AppError of category `unauthenticated`, or about the organization it names
 */
export async function authenticate(
  call: Call,
  directory: Directory,
  fresh: boolean,
): Promise<Caller> {
  const organizationId = organizationOf(call)
  const header = stampHeader(call)
  if (call.operation.caller === 'invitee') {
    return authenticateInvitee(call, { organizationId, header, directory })
  }
  const proof = parseProof(header)
  const find = (id: string) => (fresh ? directory.refresh(id) : directory.find(id))
  const search = { organizationId, proof, directory }
  let match = await findCredential(call, { ...search, find })
  let flaw = flawOf(call, proof, match)
  // Before a refusal the organization is looked up again: the key may be new, or purged by now, and
  // the origins of passkeys may be others.
  if (flaw !== null) {
    match = await findCredential(call, { ...search, find: (id) => directory.refresh(id) })
    flaw = flawOf(call, proof, match)
  }
  if (match === undefined) throw await unknownCredential(call, search)
  if (flaw !== null) throw new AppError(flaw)
  const { credential, home, organization, parent } = match
  const actor = { organizationId: home.organizationId, userId: credential.userId }
  return {
    actor,
    credentialId: credential.id,
    ballot: { voter: actor, credentialId: credential.id },
    validUntilMs: credential.expiresMs,
    organization,
    parent,
    stamp: header,
  }
}

/** Why the credential does not count; null: it does. */
function flawOf(
  { request: { body }, nowMs }: Call,
  { refusals }: Proof,
  match: Match | undefined,
): ErrorCode | null {
  if (match === undefined) return refusals.unknown
  const { credential, organization, parent } = match
  if (!credential.proves({ body, organization, parent })) return refusals.invalid
  return isLive(credential, nowMs) ? null : 'API_KEY_EXPIRED'
}

function organizationOf({ json }: Call): string {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw invalidField('', 'must be a JSON object')
  }
  const { organizationId } = json
  if (organizationId === undefined || organizationId === null) {
    throw invalidField('organizationId', 'is required')
  }
  if (typeof organizationId !== 'string' || !isUuid(organizationId)) {
    throw new AppError('MALFORMED_ORGANIZATION_ID')
  }
  return organizationId.toLowerCase()
}

/** The stamp as it was sent, of either kind. */
function stampHeader({ operation, request: { headers } }: Call): string {
  const apiKey = headers['x-stamp']
  const webauthn = headers['x-stamp-webauthn']
  // SECURITY: two proofs may name two people; nobody is guessed.
  if (apiKey !== undefined && webauthn !== undefined) throw new AppError('AUTHENTICATION_FAILED')
  const header = apiKey ?? webauthn
  if (header === undefined) {
    throw new AppError(operation.kind === 'query' ? 'SIGNATURE_MISSING' : 'STAMP_MISSING')
  }
  // SECURITY: it is stored without its name, and must be read again as what it is.
  if (isWebauthn(header) !== (apiKey === undefined)) {
    throw new AppError(apiKey === undefined ? 'WEBAUTHN_STAMP_UNREADABLE' : 'STAMP_UNREADABLE')
  }
  return header
}

interface Search {
  organizationId: string
  proof: Proof
  directory: Directory
  find: (id: string) => Promise<Snapshot | undefined>
}

async function findCredential(call: Call, search: Search): Promise<Match | undefined> {
  const { organizationId, proof, find } = search
  const organization = organizationId === INSTANCE_ID ? undefined : await find(organizationId)
  if (organization === undefined) {
    throw new AppError(findsCaller(call) ? 'ORGANIZATIONS_NOT_LOADED' : 'ORGANIZATION_NOT_FOUND')
  }
  const parent = organization.parentId === null ? null : await find(organization.parentId)
  if (parent === undefined) {
    // Its root organization is being deleted, and it with it.
    const isOwn = proof.find(organization) !== undefined
    throw new AppError(isOwn ? 'ORGANIZATION_NOT_FOUND' : 'PARENT_LOOKUP_FAILED')
  }
  for (const home of [organization, parent]) {
    const credential = home === null ? undefined : proof.find(home)
    if (home !== null && credential !== undefined) return { credential, home, organization, parent }
  }
  return findsCaller(call) ? findBelow(organization, search) : undefined
}

/** Whether the request may name the parent, to be told where in its family the caller is. */
function findsCaller({ operation }: Call): boolean {
  return operation.kind === 'query' && operation.findsCaller
}

/** Says where a credential was looked for, in the published words for it. */
async function unknownCredential(
  call: Call,
  { organizationId, proof, directory }: Omit<Search, 'find'>,
): Promise<AppError> {
  if (proof.refusals.unknown !== 'PUBLIC_KEY_NOT_FOUND') return new AppError(proof.refusals.unknown)
  const parentId = (await directory.find(organizationId))?.parentId ?? null
  if (parentId !== null) return new AppError('PUBLIC_KEY_NOT_FOUND')
  return new AppError(findsCaller(call) ? 'PUBLIC_KEY_NOT_BELOW' : 'PUBLIC_KEY_NOT_IN_ORGANIZATION')
}

/** The one sub-organization in which the credential exists. */
async function findBelow(
  parent: Snapshot,
  { proof, directory, find }: Search,
): Promise<Match | undefined> {
  const ids = await proof.findBelow(directory, parent.organizationId)
  if (ids.length > 1) throw new AppError(proof.refusals.ambiguous)
  const organization = ids[0] === undefined ? undefined : await find(ids[0])
  // SECURITY: the look-up is only a hint; the credential must be in the authenticated snapshot.
  const credential = organization === undefined ? undefined : proof.find(organization)
  if (organization === undefined || credential === undefined) return undefined
  if (organization.parentId !== parent.organizationId) return undefined
  return { credential, home: organization, organization, parent }
}
