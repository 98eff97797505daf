// Parameter shapes that several Turnkey activities share, and their translation to our nouns.
import { z } from 'zod'
import type { ApiKeyParams } from '../../domain/credential/apiKey.ts'
import type { PrivateKeyParams } from '../../domain/privateKey/privateKey.ts'
import type { UserParams } from '../../domain/user/user.ts'
import type { AccountParams } from '../../domain/wallet/wallet.ts'
import { label, list, oneOf, text } from '../../operation/schemas.ts'

const API_KEY_CURVE = {
  API_KEY_CURVE_P256: 'p256',
  API_KEY_CURVE_SECP256K1: 'secp256k1',
  API_KEY_CURVE_ED25519: 'ed25519',
} as const

const hexKey = text(130).regex(/^([0-9a-fA-F]{2})+$/, 'must be hexadecimal')

/** `apiKeys[]` since CREATE_API_KEYS_V2. */
export const apiKeyParamsV2 = z
  .strictObject({
    apiKeyName: label,
    publicKey: hexKey.describe('In hexadecimal.'),
    curveType: oneOf(['API_KEY_CURVE_P256', 'API_KEY_CURVE_SECP256K1', 'API_KEY_CURVE_ED25519'], {
      invalid: 'must be an API_KEY_CURVE_…',
      missing: 'is required',
    }),
    expirationSeconds: text(32).optional().describe('Decimal text; absent: never.'),
  })
  .transform(
    (key): ApiKeyParams => ({
      name: key.apiKeyName,
      publicKey: key.publicKey.toLowerCase(),
      curve: API_KEY_CURVE[key.curveType],
      expirationSeconds: key.expirationSeconds ?? null,
    }),
  )

/** Credentials other than API keys: accepted as empty lists only, and refused by name otherwise. */
const noneYet = z.array(z.unknown()).max(0, 'only API keys are supported as credentials').optional()

const person = {
  userName: label,
  userEmail: text(320).optional(),
  userPhoneNumber: text(32).optional(),
  apiKeys: list(apiKeyParamsV2, 20),
  authenticators: noneYet,
  oauthProviders: noneYet,
  oidcProviders: noneYet,
}

/** `rootUsers[]` of CREATE_SUB_ORGANIZATION_V7 and V8. */
export const rootUserParams = z.strictObject(person).transform(toUserParams)

/** `users[]` of CREATE_USERS_V3 and V4. */
export const userParams = z
  .strictObject({
    ...person,
    userTags: z.array(z.unknown()).max(0, 'user tag not found').optional(),
  })
  .transform(toUserParams)

function toUserParams(user: {
  userName: string
  userEmail?: string | undefined
  userPhoneNumber?: string | undefined
  apiKeys: ApiKeyParams[]
}): UserParams {
  return {
    name: user.userName,
    email: user.userEmail ?? null,
    phone: user.userPhoneNumber ?? null,
    apiKeys: user.apiKeys,
  }
}

const CURVE = {
  CURVE_SECP256K1: 'secp256k1',
  CURVE_ED25519: 'ed25519',
  CURVE_P256: 'p256',
} as const

const ADDRESS_FORMAT = {
  ADDRESS_FORMAT_UNCOMPRESSED: 'uncompressed',
  ADDRESS_FORMAT_COMPRESSED: 'compressed',
  ADDRESS_FORMAT_ETHEREUM: 'ethereum',
  ADDRESS_FORMAT_SOLANA: 'solana',
} as const

const curve = oneOf(['CURVE_SECP256K1', 'CURVE_ED25519', 'CURVE_P256'], {
  invalid: 'invalid curve',
  missing: 'curve required',
})

const addressFormat = oneOf(
  [
    'ADDRESS_FORMAT_UNCOMPRESSED',
    'ADDRESS_FORMAT_COMPRESSED',
    'ADDRESS_FORMAT_ETHEREUM',
    'ADDRESS_FORMAT_SOLANA',
  ],
  { invalid: 'invalid address format', missing: 'invalid address format' },
)

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
      curve: CURVE[account.curve],
      path: account.path,
      addressFormat: ADDRESS_FORMAT[account.addressFormat],
      name: account.name ?? null,
    }),
  )

/** `privateKeys[]` of CREATE_PRIVATE_KEYS. */
export const privateKeyParams = z
  .strictObject({
    privateKeyName: label,
    curve,
    addressFormats: list(addressFormat, 40),
    privateKeyTags: z.array(z.unknown()).max(0, 'private key tag not found').optional(),
  })
  .transform(
    (key): PrivateKeyParams => ({
      name: key.privateKeyName,
      curve: CURVE[key.curve],
      addressFormats: [...new Set(key.addressFormats)].map((format) => ADDRESS_FORMAT[format]),
    }),
  )

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

export const curveNames = CURVE
export const addressFormatNames = ADDRESS_FORMAT
