// `filterType` and `filterValue` of the lists of sub-organizations, as what is looked up.
import { decodeBase64Url, decodeHex } from '@keystead/crypto/node'
import { z } from 'zod'
import type { OidcVerifier } from '../../domain/credential/oidcIdentity.ts'
import {
  findSubOrganizations,
  type SubOrganizationFilter,
} from '../../domain/organization/lookup.store.ts'
import { canonicalEmail } from '../../domain/user/contact.ts'
import { addressKey } from '../../domain/wallet/wallet.ts'
import type { Context } from '../../operation/context.ts'
import { pagination, text, uuid } from '../../operation/schemas.ts'
import { secret } from '../../operation/secret.ts'

/** What to look up; a token names somebody once it has been verified. */
type Filter = SubOrganizationFilter | { token: string }

/** Reads a filter's value; a text says what is wrong with it. */
type ReadValue = (value: string) => Filter | string

const by =
  (source: SubOrganizationFilter['by']): ReadValue =>
  (value) => ({ by: source, values: [value] })

const byEmail =
  (source: SubOrganizationFilter['by']): ReadValue =>
  (value) => ({ by: source, values: [canonicalEmail(value)] })

/** The types of `list_suborgs`. */
export const filters = {
  NAME: by('name'),
  USERNAME: by('userName'),
  EMAIL: byEmail('email'),
  PHONE_NUMBER: by('phone'),
  WALLET_ACCOUNT_ADDRESS: (value) => ({ by: 'address', values: [addressKey(value)] }),
  OIDC_TOKEN: (token) => ({ token }),
  CREDENTIAL_ID(value) {
    const bytes = decodeBase64Url(value.replace(/=+$/, ''))
    return bytes === undefined ? 'must be base64url' : { by: 'credentialId', values: [bytes] }
  },
  PUBLIC_KEY(value) {
    const bytes = decodeHex(value)
    return bytes === undefined ? 'must be hexadecimal' : { by: 'publicKey', values: [bytes] }
  },
} as const satisfies Record<string, ReadValue>

/** The types of `list_verified_suborgs`. */
export const verifiedFilters = {
  EMAIL: byEmail('verifiedEmail'),
  PHONE_NUMBER: by('verifiedPhone'),
} as const satisfies Record<string, ReadValue>

/**
 * Parameters of a list of sub-organizations.
 * @param types how the value of each type is read
 * @param unfiltered what to look up without a type; null: a type is required
 */
export function filterParams(types: Record<string, ReadValue>, unfiltered: Filter | null) {
  return z
    .object({
      organizationId: uuid.describe('The parent.'),
      filterType: z
        .enum(['', ...Object.keys(types)])
        .optional()
        .describe('Absent or empty: no filter.'),
      // It may be an ID token, and otherwise often says who somebody is.
      filterValue: secret(text(16_384)).optional(),
      paginationOptions: pagination,
    })
    .transform(({ filterType = '', filterValue = '', paginationOptions: page }, context) => {
      const wrong = (path: string, message: string) => {
        context.addIssue({ code: 'custom', path: [path], message })
        return z.NEVER
      }
      const read = types[filterType]
      if (read === undefined && unfiltered === null) return wrong('filterType', 'is required')
      if (read !== undefined && filterValue === '') return wrong('filterValue', 'is required')
      const filter = read === undefined ? unfiltered : read(filterValue)
      if (filter === null || typeof filter === 'string') {
        return wrong('filterValue', filter ?? 'is required')
      }
      return { filter, limit: page?.limit, before: page?.before, after: page?.after }
    })
}

type FilterParams = z.output<ReturnType<typeof filterParams>>

/** Verifies the token of a filter. @throws AppError `INVALID_OIDC_TOKEN` */
export async function verifyFilter(
  { oidc }: { oidc: OidcVerifier },
  params: FilterParams,
): Promise<FilterParams> {
  if (!('token' in params.filter)) return params
  const { issuer, audience, subject } = await oidc.verify(params.filter.token)
  return { ...params, filter: { by: 'identity', values: [issuer, audience, subject] } }
}

/** A page of sub-organizations of the request's organization. */
export async function listBelow(
  { reader, organization, nowMs }: Pick<Context, 'reader' | 'organization' | 'nowMs'>,
  { filter, limit, before, after }: FilterParams,
): Promise<{ organizationIds: string[] }> {
  if ('token' in filter) throw new Error('the token of a filter was not verified')
  const values = filter.by === 'publicKey' ? [...filter.values, nowMs] : filter.values
  const organizationIds = await findSubOrganizations(reader, organization.organizationId, {
    by: filter.by,
    values,
    limit: Number(limit ?? 10),
    before: before ?? null,
    after: after ?? null,
  })
  return { organizationIds }
}
