// Parameter shapes of new sub-organizations in all versions, and their translation to our nouns.
import { z } from 'zod'
import type { SignInFeature } from '../../domain/organization/features.ts'
import type { PrivateKeyParams } from '../../domain/privateKey/privateKey.ts'
import type { UserParams } from '../../domain/user/user.ts'
import type { WalletParams } from '../../domain/wallet/wallet.ts'
import { label, list, text } from '../../operation/schemas.ts'
import { secret } from '../../operation/secret.ts'
import { authenticatorParamsV2 } from './credentialParameters.ts'
import {
  mnemonicLength,
  privateKeyParams,
  rootUserParams,
  rootUserParamsV2,
  walletAccountParams,
} from './parameters.ts'

/** What every version says about a new sub-organization. */
interface SubOrganizationParams {
  name: string
  rootUsers: readonly UserParams[]
  rootThreshold: number
  wallet: WalletParams | null
  privateKeys: readonly PrivateKeyParams[]
  disabled: ReadonlySet<SignInFeature>
}

const walletParams = z
  .strictObject({
    walletName: text(255, 'missing wallet params').min(1, 'must not be empty'),
    accounts: list(walletAccountParams, 100),
    mnemonicLength,
  })
  .transform(
    ({ walletName, accounts, mnemonicLength: mnemonic }): WalletParams => ({
      name: walletName,
      mnemonic,
      accounts,
    }),
  )

const SWITCHES = {
  disableEmailRecovery: 'EMAIL_RECOVERY',
  disableEmailAuth: 'EMAIL_AUTH',
  disableSmsAuth: 'SMS_AUTH',
  disableOtpEmailAuth: 'OTP_EMAIL_AUTH',
} as const

type Switch = keyof typeof SWITCHES

const switches = Object.keys(SWITCHES) as Switch[]

const needsCode = z.never('is not supported: this server sends no one-time codes')

/** The members of V2 and later. A version takes what any other knows. */
function members<U extends z.ZodType>(rootUser: U) {
  return {
    subOrganizationName: label,
    rootUsers: list(rootUser, 100),
    rootQuorumThreshold: z.int32().describe('How many root users must agree.'),
    wallet: walletParams.optional(),
    privateKeys: list(privateKeyParams, 100),
    disableEmailRecovery: z.boolean().optional(),
    disableEmailAuth: z.boolean().optional(),
    disableSmsAuth: z.boolean().optional(),
    disableOtpEmailAuth: z.boolean().optional(),
    verificationToken: secret(needsCode).optional(),
    clientSignature: needsCode.optional(),
  }
}

interface Wire extends Partial<Record<Switch, boolean | undefined>> {
  subOrganizationName: string
  rootUsers: readonly UserParams[]
  rootQuorumThreshold: number
  wallet?: WalletParams | undefined
  privateKeys: readonly PrivateKeyParams[]
}

function toParams(wire: Wire): SubOrganizationParams {
  return {
    name: wire.subOrganizationName,
    rootUsers: wire.rootUsers,
    rootThreshold: wire.rootQuorumThreshold,
    wallet: wire.wallet ?? null,
    privateKeys: wire.privateKeys,
    disabled: new Set(switches.filter((name) => wire[name] === true).map((name) => SWITCHES[name])),
  }
}

/** Since V6: API keys of any curve. */
export const subOrganizationParams = z.strictObject(members(rootUserParams)).transform(toParams)

/** V2 to V5. */
export const subOrganizationParamsV2 = z.strictObject(members(rootUserParamsV2)).transform(toParams)

/** V1: one root user, who has nothing but a passkey and no name. */
export const subOrganizationParamsV1 = z
  .strictObject({ name: label, rootAuthenticator: authenticatorParamsV2 })
  .transform(
    ({ name, rootAuthenticator }): SubOrganizationParams => ({
      name,
      rootUsers: [
        {
          name: 'Root user',
          email: null,
          phone: null,
          tagIds: [],
          credentials: { apiKeys: [], registrations: [rootAuthenticator], identities: [] },
        },
      ],
      rootThreshold: 1,
      wallet: null,
      privateKeys: [],
      disabled: new Set(),
    }),
  )
