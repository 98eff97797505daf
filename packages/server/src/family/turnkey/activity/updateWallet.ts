// UPDATE_WALLET: renames a wallet.
import { z } from 'zod'
import { updateWalletName } from '../../../domain/wallet/wallet.store.ts'
import { walletSubject } from '../../../domain/policy/subject.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, uuid } from '../../../operation/schemas.ts'

export const updateWallet = defineActivity({
  name: 'updateWallet',
  path: '/public/v1/submit/update_wallet',
  type: 'ACTIVITY_TYPE_UPDATE_WALLET',
  intentKey: 'updateWalletIntent',
  resultKey: 'updateWalletResult',
  summary: 'Rename a wallet',
  spec: 'api-reference/activities/update-wallet',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: ({ organization }, { walletId }) => walletSubject(organization, walletId),
  limit: 'write',
  params: z.strictObject({ walletId: uuid, walletName: label.optional() }),
  older: [],
  result: z.object({ walletId: z.uuid() }),
  errors: ['WALLET_NOT_FOUND', 'WALLET_LABEL_NOT_UNIQUE'],
  example: {
    params: { walletId: '019a0000-0000-7000-8000-000000000001', walletName: 'Cold storage' },
    result: { walletId: '019a0000-0000-7000-8000-000000000001' },
  },
  changes: 'snapshot',
  prepare(ctx, { walletId, walletName }) {
    const { organizationId, wallets } = ctx.organization
    const wallet = wallets.get(walletId)
    if (wallet === undefined) return ctx.fail('WALLET_NOT_FOUND')
    const name = walletName ?? wallet.name
    const taken = [...wallets.values()].some(
      (other) => other.id !== walletId && other.name === name,
    )
    if (taken) return ctx.fail('WALLET_LABEL_NOT_UNIQUE')
    return { result: { walletId }, organizationId, wallet: { id: walletId, name } }
  },
  effects: (tx, { organizationId, wallet }) =>
    updateWalletName(tx, organizationId, { ...wallet, nowMs: tx.nowMs }),
})
