// What a stamp of either kind proves, and by which credential of an organization.
import { findSubOrganizationsOf } from '../../domain/organization/lookup.store.ts'
import type { Directory } from '../../domain/organization/directory.ts'
import type { Snapshot } from '../../domain/organization/model.ts'
import { allowedOrigins } from '../../domain/passkey/origins.ts'
import type { ErrorCode } from '../../errors.ts'
import { parseStamp, type Stamp, verifyStamp } from './stamp.ts'
import { parseWebauthnStamp, verifyWebauthnStamp } from './webauthnStamp.ts'

/** The body that was proved, and where it is headed. */
interface Claim {
  body: Buffer
  /** The organization that the request targets. */
  organization: Snapshot
  parent: Snapshot | null
}

/** A credential, and whether a proof holds by it. */
export interface Held {
  id: string
  userId: string
  expiresMs: number | null
  /** Never throws. */
  proves(claim: Claim): boolean
}

/** A stamp, parsed. */
export interface Proof {
  /** The credential that it names, where an organization has it. */
  find(organization: Snapshot): Held | undefined
  /** Ids of sub-organizations that have it, at most two. A hint: nothing authenticates it. */
  findBelow(directory: Directory, parentId: string): Promise<string[]>
  /** How it appears in a vote, given the organizations in which the credential may be. */
  wire(snapshots: readonly (Snapshot | null)[]): {
    publicKey: string
    signature: string
    scheme: string
  }
  refusals: { unknown: ErrorCode; ambiguous: ErrorCode; invalid: ErrorCode }
}

/**
 * Reads the value of either header.
 * @throws AppError of category `unauthenticated`
 */
export function parseProof(header: string): Proof {
  return isWebauthn(header) ? passkeyProof(header) : apiKeyProof(parseStamp(header))
}

/** Whether a stamp is that of a passkey: JSON, which no stamp of an API key can be. */
export function isWebauthn(header: string): boolean {
  return header.trimStart().startsWith('{')
}

function apiKeyProof(stamp: Stamp): Proof {
  return {
    find(organization) {
      const key = organization.apiKeysByPublicKey.get(stamp.publicKey)
      return key && { ...key, proves: ({ body }) => verifyStamp(stamp, key.verifyKey, body) }
    },
    findBelow(directory, parentId) {
      const value = Buffer.from(stamp.publicKey, 'hex')
      return directory.read((reader) =>
        findSubOrganizationsOf(reader, parentId, { by: 'publicKey', value }),
      )
    },
    wire: () => stamp,
    refusals: {
      unknown: 'PUBLIC_KEY_NOT_FOUND',
      ambiguous: 'PUBLIC_KEY_AMBIGUOUS',
      invalid: 'SIGNATURE_INVALID',
    },
  }
}

function passkeyProof(header: string): Proof {
  const stamp = parseWebauthnStamp(header)
  const passkeyIn = (organization: Snapshot | null) =>
    organization?.passkeysByCredentialId.get(stamp.credentialId)
  return {
    find(organization) {
      const passkey = passkeyIn(organization)
      return (
        passkey && {
          id: passkey.id,
          userId: passkey.userId,
          expiresMs: null,
          proves: ({ body, ...target }) => {
            const origins = allowedOrigins(target.organization, target.parent)
            return verifyWebauthnStamp(stamp, passkey, { body, origins })
          },
        }
      )
    },
    findBelow(directory, parentId) {
      const value = Buffer.from(stamp.credentialId, 'base64url')
      return directory.read((reader) =>
        findSubOrganizationsOf(reader, parentId, { by: 'credentialId', value }),
      )
    },
    wire: (snapshots) => ({
      publicKey: snapshots.map(passkeyIn).find(Boolean)?.publicKey.toString('base64url') ?? '',
      signature: stamp.signature.toString('base64url'),
      scheme: 'SIGNATURE_SCHEME_TK_WEBAUTHN',
    }),
    refusals: {
      unknown: 'CREDENTIAL_ID_NOT_FOUND',
      ambiguous: 'CREDENTIAL_ID_AMBIGUOUS',
      invalid: 'ASSERTION_INVALID',
    },
  }
}
