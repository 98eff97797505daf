// Who calls: finds the stamp's key in the target organization, its parent, or below it.
import { findSubOrganizationsByPublicKey } from '../../domain/organization/lookup.store.ts'
import type { Directory } from '../../domain/organization/directory.ts'
import type { ApiKey, Snapshot } from '../../domain/organization/model.ts'
import { AppError, invalidField } from '../../errors.ts'
import type { Call, Caller } from '../../operation/family.ts'
import { INSTANCE_ID, isUuid } from '../../platform/ids.ts'
import { parseStamp, type Stamp, verifyStamp } from './stamp.ts'

/** A key, and the organizations it was found through. */
interface Match {
  apiKey: ApiKey
  /** Where the key's user lives. */
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
  const stamp = parseStamp(header)
  const find = (id: string) => (fresh ? directory.refresh(id) : directory.find(id))
  const match =
    (await findKey(call, { organizationId, stamp, directory, find })) ??
    (await findKey(call, { organizationId, stamp, directory, find: (id) => directory.refresh(id) }))
  if (match === undefined) throw await unknownKey(call, organizationId, directory)
  const { apiKey, home } = match
  if (!verifyStamp(stamp, apiKey.verifyKey, call.request.body)) {
    throw new AppError('SIGNATURE_INVALID')
  }
  if (apiKey.expiresMs !== null && apiKey.expiresMs <= call.nowMs) {
    throw new AppError('API_KEY_EXPIRED')
  }
  const actor = { organizationId: home.organizationId, userId: apiKey.userId }
  return {
    actor,
    credentialId: apiKey.id,
    ballot: { voter: actor, credentialId: apiKey.id },
    validUntilMs: apiKey.expiresMs,
    organization: match.organization,
    parent: match.parent,
    stamp: header,
  }
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

function stampHeader({ operation, request }: Call): string {
  const header = request.headers['x-stamp']
  const webauthn = request.headers['x-stamp-webauthn']
  if (header !== undefined) {
    // SECURITY: two proofs may name two people; nobody is guessed.
    if (webauthn !== undefined) throw new AppError('AUTHENTICATION_FAILED')
    return header
  }
  if (webauthn === undefined) {
    throw new AppError(operation.kind === 'query' ? 'SIGNATURE_MISSING' : 'STAMP_MISSING')
  }
  if (!isAssertion(webauthn)) throw new AppError('WEBAUTHN_STAMP_UNREADABLE')
  throw new AppError('CREDENTIAL_ID_NOT_FOUND')
}

const ASSERTION_MEMBERS = ['authenticatorData', 'clientDataJson', 'credentialId', 'signature']

/** Whether a header is the JSON of an assertion: an object with its four strings. */
function isAssertion(header: string): boolean {
  try {
    const members: unknown = JSON.parse(header)
    if (typeof members !== 'object' || members === null) return false
    const entries = new Map<string, unknown>(Object.entries(members))
    return ASSERTION_MEMBERS.every((name) => typeof entries.get(name) === 'string')
  } catch {
    return false
  }
}

interface Search {
  organizationId: string
  stamp: Stamp
  directory: Directory
  find: (id: string) => Promise<Snapshot | undefined>
}

async function findKey(call: Call, search: Search): Promise<Match | undefined> {
  const { organizationId, stamp, find } = search
  const organization = organizationId === INSTANCE_ID ? undefined : await find(organizationId)
  if (organization === undefined) {
    throw new AppError(findsCaller(call) ? 'ORGANIZATIONS_NOT_LOADED' : 'ORGANIZATION_NOT_FOUND')
  }
  const parent =
    organization.parentId === null ? null : ((await find(organization.parentId)) ?? null)
  for (const home of [organization, parent]) {
    const apiKey = home?.apiKeysByPublicKey.get(stamp.publicKey)
    if (home !== null && apiKey !== undefined) return { apiKey, home, organization, parent }
  }
  return findsCaller(call) ? findBelow(organization, search) : undefined
}

/** Whether the request may name the parent, to be told where in its family the caller is. */
function findsCaller({ operation }: Call): boolean {
  return operation.kind === 'query' && operation.findsCaller
}

/** Says where a key was looked for, in the published words for it. */
async function unknownKey(
  call: Call,
  organizationId: string,
  directory: Directory,
): Promise<AppError> {
  const parentId = (await directory.find(organizationId))?.parentId ?? null
  if (parentId === null) {
    return new AppError(
      findsCaller(call) ? 'PUBLIC_KEY_NOT_BELOW' : 'PUBLIC_KEY_NOT_IN_ORGANIZATION',
    )
  }
  const parent = await directory.find(parentId)
  return new AppError(parent === undefined ? 'PARENT_LOOKUP_FAILED' : 'PUBLIC_KEY_NOT_FOUND')
}

/** The one sub-organization in which the key exists. */
async function findBelow(parent: Snapshot, search: Search): Promise<Match | undefined> {
  const publicKey = Buffer.from(search.stamp.publicKey, 'hex')
  const ids = await search.directory.read((reader) =>
    findSubOrganizationsByPublicKey(reader, parent.organizationId, publicKey),
  )
  if (ids.length > 1) throw new AppError('PUBLIC_KEY_AMBIGUOUS')
  const organization = ids[0] === undefined ? undefined : await search.find(ids[0])
  // SECURITY: the look-up is only a hint; the key must be in the authenticated snapshot.
  const apiKey = organization?.apiKeysByPublicKey.get(search.stamp.publicKey)
  if (organization === undefined || apiKey === undefined) return undefined
  if (organization.parentId !== parent.organizationId) return undefined
  return { apiKey, home: organization, organization, parent }
}
