// Every operation of the Turnkey family, one line each.
import type { Operation } from '../../operation/operation.ts'
import { approveActivity } from './activity/approveActivity.ts'
import { createApiKeys } from './activity/createApiKeys.ts'
import { createSubOrganization } from './activity/createSubOrganization.ts'
import { createUsers } from './activity/createUsers.ts'
import { createWallet } from './activity/createWallet.ts'
import { createWalletAccounts } from './activity/createWalletAccounts.ts'
import { rejectActivity } from './activity/rejectActivity.ts'
import { signRawPayload } from './activity/signRawPayload.ts'
import { updateRootQuorum } from './activity/updateRootQuorum.ts'
import { getActivity } from './query/getActivity.ts'
import { getWallet } from './query/getWallet.ts'
import { listActivities } from './query/listActivities.ts'
import { listWalletAccounts } from './query/listWalletAccounts.ts'
import { listWallets } from './query/listWallets.ts'
import { whoami } from './query/whoami.ts'

export const operations: readonly Operation[] = [
  approveActivity,
  createApiKeys,
  createSubOrganization,
  createUsers,
  createWallet,
  createWalletAccounts,
  getActivity,
  getWallet,
  listActivities,
  listWalletAccounts,
  listWallets,
  rejectActivity,
  signRawPayload,
  updateRootQuorum,
  whoami,
]
