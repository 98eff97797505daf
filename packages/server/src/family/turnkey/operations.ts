// Every operation of the Turnkey family, one line each.
import type { Operation } from '../../operation/operation.ts'
import { acceptInvitation } from './activity/acceptInvitation.ts'
import { approveActivity } from './activity/approveActivity.ts'
import { createApiKeys } from './activity/createApiKeys.ts'
import { createApiOnlyUsers } from './activity/createApiOnlyUsers.ts'
import { createAuthenticators } from './activity/createAuthenticators.ts'
import { createInvitations } from './activity/createInvitations.ts'
import { createOauthProviders } from './activity/createOauthProviders.ts'
import { createPolicies } from './activity/createPolicies.ts'
import { createPolicy } from './activity/createPolicy.ts'
import { createPrivateKeys } from './activity/createPrivateKeys.ts'
import { createPrivateKeyTag } from './activity/createPrivateKeyTag.ts'
import { createSubOrganization } from './activity/createSubOrganization.ts'
import { createUsers } from './activity/createUsers.ts'
import { createUserTag } from './activity/createUserTag.ts'
import { createWallet } from './activity/createWallet.ts'
import { createWalletAccounts } from './activity/createWalletAccounts.ts'
import { deleteApiKeys } from './activity/deleteApiKeys.ts'
import { deleteAuthenticators } from './activity/deleteAuthenticators.ts'
import { deleteInvitation } from './activity/deleteInvitation.ts'
import { deleteOauthProviders } from './activity/deleteOauthProviders.ts'
import { deletePolicies } from './activity/deletePolicies.ts'
import { deletePolicy } from './activity/deletePolicy.ts'
import { deletePrivateKeys } from './activity/deletePrivateKeys.ts'
import { deletePrivateKeyTags } from './activity/deletePrivateKeyTags.ts'
import { deleteSubOrganization } from './activity/deleteSubOrganization.ts'
import { deleteUsers } from './activity/deleteUsers.ts'
import { deleteUserTags } from './activity/deleteUserTags.ts'
import { deleteWalletAccounts } from './activity/deleteWalletAccounts.ts'
import { deleteWallets } from './activity/deleteWallets.ts'
import { exportPrivateKey } from './activity/exportPrivateKey.ts'
import { exportWallet } from './activity/exportWallet.ts'
import { exportWalletAccount } from './activity/exportWalletAccount.ts'
import { importPrivateKey } from './activity/importPrivateKey.ts'
import { importWallet } from './activity/importWallet.ts'
import { initImportPrivateKey } from './activity/initImportPrivateKey.ts'
import { initImportWallet } from './activity/initImportWallet.ts'
import { rejectActivity } from './activity/rejectActivity.ts'
import { removeOrganizationFeature } from './activity/removeOrganizationFeature.ts'
import { setOrganizationFeature } from './activity/setOrganizationFeature.ts'
import { signRawPayload } from './activity/signRawPayload.ts'
import { signRawPayloads } from './activity/signRawPayloads.ts'
import { signTransaction } from './activity/signTransaction.ts'
import { updateOrganizationName } from './activity/updateOrganizationName.ts'
import { updatePolicy } from './activity/updatePolicy.ts'
import { updatePrivateKeyTag } from './activity/updatePrivateKeyTag.ts'
import { updateRootQuorum } from './activity/updateRootQuorum.ts'
import { updateUser } from './activity/updateUser.ts'
import { updateUserEmail } from './activity/updateUserEmail.ts'
import { updateUserName } from './activity/updateUserName.ts'
import { updateUserPhoneNumber } from './activity/updateUserPhoneNumber.ts'
import { updateUserTag } from './activity/updateUserTag.ts'
import { updateWallet } from './activity/updateWallet.ts'
import { evaluateActivity } from './query/evaluateActivity.ts'
import { getActivity } from './query/getActivity.ts'
import { getApiKey } from './query/getApiKey.ts'
import { getApiKeys } from './query/getApiKeys.ts'
import { getAuthenticator } from './query/getAuthenticator.ts'
import { getAuthenticators } from './query/getAuthenticators.ts'
import { getInvitation } from './query/getInvitation.ts'
import { getOauthProviders } from './query/getOauthProviders.ts'
import { getOrganizationConfigs } from './query/getOrganizationConfigs.ts'
import { getPolicy } from './query/getPolicy.ts'
import { getPolicyEvaluations } from './query/getPolicyEvaluations.ts'
import { getPrivateKey } from './query/getPrivateKey.ts'
import { getUser } from './query/getUser.ts'
import { getWallet } from './query/getWallet.ts'
import { getWalletAccount } from './query/getWalletAccount.ts'
import { listActivities } from './query/listActivities.ts'
import { listPolicies } from './query/listPolicies.ts'
import { listPrivateKeys } from './query/listPrivateKeys.ts'
import { listPrivateKeyTags } from './query/listPrivateKeyTags.ts'
import { listSubOrganizations } from './query/listSubOrganizations.ts'
import { listUsers } from './query/listUsers.ts'
import { listUserTags } from './query/listUserTags.ts'
import { listVerifiedSubOrganizations } from './query/listVerifiedSubOrganizations.ts'
import { listWalletAccounts } from './query/listWalletAccounts.ts'
import { listWallets } from './query/listWallets.ts'
import { whoami } from './query/whoami.ts'

export const operations: readonly Operation[] = [
  acceptInvitation,
  approveActivity,
  createApiKeys,
  createApiOnlyUsers,
  createAuthenticators,
  createInvitations,
  createOauthProviders,
  createPolicies,
  createPolicy,
  createPrivateKeys,
  createPrivateKeyTag,
  createSubOrganization,
  createUsers,
  createUserTag,
  createWallet,
  createWalletAccounts,
  deleteApiKeys,
  deleteAuthenticators,
  deleteInvitation,
  deleteOauthProviders,
  deletePolicies,
  deletePolicy,
  deletePrivateKeys,
  deletePrivateKeyTags,
  deleteSubOrganization,
  deleteUsers,
  deleteUserTags,
  deleteWalletAccounts,
  deleteWallets,
  evaluateActivity,
  exportPrivateKey,
  exportWallet,
  exportWalletAccount,
  getActivity,
  getApiKey,
  getApiKeys,
  getAuthenticator,
  getAuthenticators,
  getInvitation,
  getOauthProviders,
  getOrganizationConfigs,
  getPolicy,
  getPolicyEvaluations,
  getPrivateKey,
  getUser,
  getWallet,
  getWalletAccount,
  importPrivateKey,
  importWallet,
  initImportPrivateKey,
  initImportWallet,
  listActivities,
  listPolicies,
  listPrivateKeys,
  listPrivateKeyTags,
  listSubOrganizations,
  listUsers,
  listUserTags,
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
  updatePolicy,
  updatePrivateKeyTag,
  updateRootQuorum,
  updateUser,
  updateUserEmail,
  updateUserName,
  updateUserPhoneNumber,
  updateUserTag,
  updateWallet,
  whoami,
]
