// Every operation of the Turnkey family, one line each.
import type { Operation } from '../../operation/operation.ts'
import { approveActivity } from './activity/approveActivity.ts'
import { createApiKeys } from './activity/createApiKeys.ts'
import { createPrivateKeys } from './activity/createPrivateKeys.ts'
import { createSubOrganization } from './activity/createSubOrganization.ts'
import { createUsers } from './activity/createUsers.ts'
import { createWallet } from './activity/createWallet.ts'
import { createWalletAccounts } from './activity/createWalletAccounts.ts'
import { deleteSubOrganization } from './activity/deleteSubOrganization.ts'
import { rejectActivity } from './activity/rejectActivity.ts'
import { removeOrganizationFeature } from './activity/removeOrganizationFeature.ts'
import { setOrganizationFeature } from './activity/setOrganizationFeature.ts'
import { signRawPayload } from './activity/signRawPayload.ts'
import { signRawPayloads } from './activity/signRawPayloads.ts'
import { signTransaction } from './activity/signTransaction.ts'
import { updateOrganizationName } from './activity/updateOrganizationName.ts'
import { updateRootQuorum } from './activity/updateRootQuorum.ts'
import { updateWallet } from './activity/updateWallet.ts'
import { getActivity } from './query/getActivity.ts'
import { getOrganizationConfigs } from './query/getOrganizationConfigs.ts'
import { getPrivateKey } from './query/getPrivateKey.ts'
import { getWallet } from './query/getWallet.ts'
import { getWalletAccount } from './query/getWalletAccount.ts'
import { listActivities } from './query/listActivities.ts'
import { listPrivateKeys } from './query/listPrivateKeys.ts'
import { listSubOrganizations } from './query/listSubOrganizations.ts'
import { listVerifiedSubOrganizations } from './query/listVerifiedSubOrganizations.ts'
import { listWalletAccounts } from './query/listWalletAccounts.ts'
import { listWallets } from './query/listWallets.ts'
import { whoami } from './query/whoami.ts'

export const operations: readonly Operation[] = [
  approveActivity,
  createApiKeys,
  createPrivateKeys,
  createSubOrganization,
  createUsers,
  createWallet,
  createWalletAccounts,
  deleteSubOrganization,
  getActivity,
  getOrganizationConfigs,
  getPrivateKey,
  getWallet,
  getWalletAccount,
  listActivities,
  listPrivateKeys,
  listSubOrganizations,
  listVerifiedSubOrganizations,
  listWalletAccounts,
  listWallets,
  rejectActivity,
  removeOrganizationFeature,
  setOrganizationFeature,
  signRawPayload,
  signRawPayloads,
  signTransaction,
  updateOrganizationName,
  updateRootQuorum,
  updateWallet,
  whoami,
]
