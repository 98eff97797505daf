// DELETE_WALLETS: removes wallets with their seeds and accounts.
import { z } from 'zod'
import { walletSubject } from '../../../domain/policy/subject.ts'
import { planWalletDeletion } from '../../../domain/wallet/deletion.ts'
import { deleteWallets as removeWallets } from '../../../domain/wallet/wallet.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { deleteWithoutExport } from '../transfers.ts'

export const deleteWallets = defineActivity({
  name: 'deleteWallets',
  path: '/public/v1/submit/delete_wallets',
  type: 'ACTIVITY_TYPE_DELETE_WALLETS',
  intentKey: 'deleteWalletsIntent',
  resultKey: 'deleteWalletsResult',
  summary: 'Delete wallets with their accounts, all or none',
  spec: 'api-reference/activities/delete-wallets',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: ({ organization }, { walletIds }) =>
    walletIds.map((id) => walletSubject(organization, id)),
  limit: 'write',
  params: z.strictObject({ walletIds: z.array(uuid).min(1).max(100), deleteWithoutExport }),
  older: [],
  result: z.object({ walletIds: z.array(z.uuid()) }),
  errors: ['WALLET_NOT_FOUND', 'WALLET_NOT_EXPORTED'],
  example: {
    params: { walletIds: ['019a0000-0000-7000-8000-000000000001'], deleteWithoutExport: true },
    result: { walletIds: ['019a0000-0000-7000-8000-000000000001'] },
  },
  changes: 'snapshot',
  prepare({ organization }, { walletIds: ids, deleteWithoutExport: withoutExport }) {
    const walletIds = planWalletDeletion(organization, { ids, withoutExport })
    return { result: { walletIds }, organizationId: organization.organizationId }
  },
  effects: (tx, { organizationId, result }) => removeWallets(tx, organizationId, result.walletIds),
})
