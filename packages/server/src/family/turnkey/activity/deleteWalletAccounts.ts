// DELETE_WALLET_ACCOUNTS: removes accounts of wallets; their paths can be derived again.
import { z } from 'zod'
import { accountSubjectOf, loadAccountOf } from '../../../domain/wallet/accounts.ts'
import { planAccountDeletion } from '../../../domain/wallet/deletion.ts'
import { deleteAccounts } from '../../../domain/wallet/wallet.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { deleteWithoutExport } from '../transfers.ts'

export const deleteWalletAccounts = defineActivity({
  name: 'deleteWalletAccounts',
  path: '/public/v1/submit/delete_wallet_accounts',
  type: 'ACTIVITY_TYPE_DELETE_WALLET_ACCOUNTS',
  intentKey: 'deleteWalletAccountsIntent',
  resultKey: 'deleteWalletAccountsResult',
  summary: 'Delete accounts of wallets, all or none',
  spec: 'api-reference/activities/delete-wallets',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: (ctx, { walletAccountIds }) =>
    Promise.all(walletAccountIds.map((id) => accountSubjectOf(ctx, { id }))),
  limit: 'write',
  params: z.strictObject({ walletAccountIds: z.array(uuid).min(1).max(100), deleteWithoutExport }),
  older: [],
  result: z.object({ walletAccountIds: z.array(z.uuid()) }),
  errors: ['WALLET_ACCOUNT_NOT_FOUND', 'WALLET_ACCOUNT_NOT_EXPORTED'],
  example: {
    params: {
      walletAccountIds: ['019a0000-0000-7000-8000-000000000008'],
      deleteWithoutExport: true,
    },
    result: { walletAccountIds: ['019a0000-0000-7000-8000-000000000008'] },
  },
  changes: 'snapshot',
  async prepare(ctx, { walletAccountIds: ids, deleteWithoutExport: withoutExport }) {
    const { organization } = ctx
    const found = await Promise.all(ids.map((id) => loadAccountOf(ctx, organization, { id })))
    const walletAccountIds = planAccountDeletion(organization, { found, withoutExport })
    return { result: { walletAccountIds }, organizationId: organization.organizationId }
  },
  // The snapshot changes by its revision alone: caches of keys to sign with go by it.
  effects: (tx, { organizationId, result }) =>
    deleteAccounts(tx, organizationId, result.walletAccountIds),
})
