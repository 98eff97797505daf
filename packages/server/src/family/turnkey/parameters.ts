// Parameter shapes that several Turnkey activities share, and their translation to our nouns.
import { z } from 'zod'
import type { PrivateKeyParams } from '../../domain/privateKey/privateKey.ts'
import type { UserParams } from '../../domain/user/user.ts'
import type { AccountParams } from '../../domain/wallet/wallet.ts'
import { secret } from '../../operation/secret.ts'
import { email, label, list, oneOf, phoneNumber, text, uuid } from '../../operation/schemas.ts'
import {
  apiKeyParamsV1,
  authenticatorParamsV1,
  credentialMembers,
  toCredentials,
  type WireCredentials,
} from './credentialParameters.ts'
import { addressFormat, curve, ownAddressFormat, ownCurve } from './keyNames.ts'

const person = {
  userName: label,
  userEmail: email.optional(),
  userPhoneNumber: phoneNumber.optional(),
  ...credentialMembers,
}

/** `rootUsers[]` of CREATE_SUB_ORGANIZATION since V6. */
export const rootUserParams = z.strictObject(person).transform(toUserParams)

/** `rootUsers[]` of CREATE_SUB_ORGANIZATION_V2 to V5, whose API keys are all of P-256. */
export const rootUserParamsV2 = z
  .strictObject({ ...person, apiKeys: list(apiKeyParamsV1, 20) })
  .transform(toUserParams)

/** What CREATE_USERS knew at first; what somebody may do follows from the credentials. */
const accessType = oneOf(['ACCESS_TYPE_WEB', 'ACCESS_TYPE_API', 'ACCESS_TYPE_ALL'], {
  invalid: 'must be an ACCESS_TYPE_…',
  missing: 'is required',
})

const member = { ...person, accessType: accessType.optional(), userTags: list(uuid, 100) }

/** `users[]` of CREATE_USERS_V3 and V4. */
export const userParams = z.strictObject(member).transform(toUserParams)

const apiKeys = list(apiKeyParamsV1, 20)

/** `users[]` of CREATE_USERS_V2: API keys without a curve. */
export const userParamsV2 = z.strictObject({ ...member, apiKeys }).transform(toUserParams)

/** `users[]` of CREATE_USERS: authenticators as browsers return them, too. */
export const userParamsV1 = z
  .strictObject({
    ...member,
    apiKeys,
    accessType,
    authenticators: list(authenticatorParamsV1, 20),
  })
  .transform(toUserParams)

/** `apiOnlyUsers[]` of CREATE_API_ONLY_USERS. */
export const apiOnlyUserParams = z
  .strictObject({
    userName: label,
    userEmail: email.optional(),
    userTags: list(uuid, 100),
    apiKeys,
  })
  .transform(toUserParams)

/** A user under its names on the wire, many of which a version may lack. */
interface WireUser extends WireCredentials {
  userName: string
  userEmail?: string | null | undefined
  userPhoneNumber?: string | null | undefined
  userTags?: readonly string[]
}

function toUserParams(user: WireUser): UserParams {
  return {
    name: user.userName,
    email: user.userEmail ?? null,
    phone: user.userPhoneNumber ?? null,
    tagIds: user.userTags ?? [],
    credentials: toCredentials(user),
  }
}

/** No token can be valid before this server issues some. */
export const verificationToken = secret(
  text(4096).refine(() => false, 'this server has not issued this token'),
).optional()

/** `accounts[]` of wallets. */
export const walletAccountParams = z
  .strictObject({
    curve,
    pathFormat: oneOf(['PATH_FORMAT_BIP32'], {
      invalid: 'invalid path format',
      missing: 'invalid path format',
    }),
    path: text(255).describe("A BIP-32 path, such as `m/44'/60'/0'/0/0`."),
    addressFormat,
    name: label.optional(),
  })
  .transform(
    (account): AccountParams => ({
      curve: ownCurve(account.curve),
      path: account.path,
      addressFormat: ownAddressFormat(account.addressFormat),
      name: account.name ?? null,
    }),
  )

/** What is said of a private key, whether it is made here or imported. */
export const privateKeyMembers = {
  privateKeyName: label,
  curve,
  addressFormats: list(addressFormat, 40),
}

const newPrivateKey = z.strictObject({ ...privateKeyMembers, privateKeyTags: list(uuid, 100) })

/** `privateKeys[]` of CREATE_PRIVATE_KEYS. */
export const privateKeyParams = newPrivateKey.transform(toPrivateKeyParams)

export function toPrivateKeyParams(key: z.output<typeof newPrivateKey>): PrivateKeyParams {
  return {
    name: key.privateKeyName,
    curve: ownCurve(key.curve),
    addressFormats: [...new Set(key.addressFormats)].map(ownAddressFormat),
    tagIds: key.privateKeyTags,
    imported: null,
  }
}

const MNEMONIC_LENGTHS = [12, 15, 18, 21, 24] as const

/** `mnemonicLength`; absent or 0 means 12. */
export const mnemonicLength = z
  .literal([0, ...MNEMONIC_LENGTHS], 'must be 12, 15, 18, 21 or 24')
  .optional()
  .describe('Words; absent or 0: 12.')
  .transform((length) => (length === undefined || length === 0 ? 12 : length))

/** The wire's name of one of our values. */
export function wireName<K extends string, V extends string>(
  names: Readonly<Record<K, V>>,
  value: V,
): K {
  const name = (Object.keys(names) as K[]).find((key) => names[key] === value)
  if (name === undefined) throw new Error(`\`${value}\` has no name on the wire`)
  return name
}
