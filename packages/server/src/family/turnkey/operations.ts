// Every operation of the Turnkey family, one line each.
import type { Operation } from '../../operation/operation.ts'
import { acceptInvitation } from './activity/acceptInvitation.ts'
import { approveActivity } from './activity/approveActivity.ts'
import { createApiKeys } from './activity/createApiKeys.ts'
import { createAuthenticators } from './activity/createAuthenticators.ts'
import { createInvitations } from './activity/createInvitations.ts'
import { createPrivateKeys } from './activity/createPrivateKeys.ts'
import { createSubOrganization } from './activity/createSubOrganization.ts'
import { createUsers } from './activity/createUsers.ts'
import { createWallet } from './activity/createWallet.ts'
import { createWalletAccounts } from './activity/createWalletAccounts.ts'
import { deleteAuthenticators } from './activity/deleteAuthenticators.ts'
import { deleteInvitation } from './activity/deleteInvitation.ts'
import { rejectActivity } from './activity/rejectActivity.ts'
import { signRawPayload } from './activity/signRawPayload.ts'
import { signRawPayloads } from './activity/signRawPayloads.ts'
import { signTransaction } from './activity/signTransaction.ts'
import { updateRootQuorum } from './activity/updateRootQuorum.ts'
import { updateWallet } from './activity/updateWallet.ts'
import { getActivity } from './query/getActivity.ts'
import { getAuthenticator } from './query/getAuthenticator.ts'
import { getAuthenticators } from './query/getAuthenticators.ts'
import { getInvitation } from './query/getInvitation.ts'
import { getOrganizationConfigs } from './query/getOrganizationConfigs.ts'
import { getPrivateKey } from './query/getPrivateKey.ts'
import { getWallet } from './query/getWallet.ts'
import { getWalletAccount } from './query/getWalletAccount.ts'
import { listActivities } from './query/listActivities.ts'
import { listPrivateKeys } from './query/listPrivateKeys.ts'
import { listWalletAccounts } from './query/listWalletAccounts.ts'
import { listWallets } from './query/listWallets.ts'
import { whoami } from './query/whoami.ts'

export const operations: readonly Operation[] = [
  acceptInvitation,
  approveActivity,
  createApiKeys,
  createAuthenticators,
  createInvitations,
  createPrivateKeys,
  createSubOrganization,
  createUsers,
  createWallet,
  createWalletAccounts,
  deleteAuthenticators,
  deleteInvitation,
  getActivity,
  getAuthenticator,
  getAuthenticators,
  getInvitation,
  getOrganizationConfigs,
  getPrivateKey,
  getWallet,
  getWalletAccount,
  listActivities,
  listPrivateKeys,
  listWalletAccounts,
  listWallets,
  rejectActivity,
  signRawPayload,
  signRawPayloads,
  signTransaction,
  updateRootQuorum,
  updateWallet,
  whoami,
]
