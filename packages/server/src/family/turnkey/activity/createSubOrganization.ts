// CREATE_SUB_ORGANIZATION: creates an organization below the caller's, with its own root users.
import { z } from 'zod'
import { insertOrganization } from '../../../domain/organization/create.ts'
import { refuseBadQuorum } from '../../../domain/organization/quorum.ts'
import { planUsers, verifyUsers } from '../../../domain/user/user.ts'
import { planWallet } from '../../../domain/wallet/wallet.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { label, list, text } from '../../../operation/schemas.ts'
import { credentialErrors, credentialVerifier } from '../credentials.ts'
import { mnemonicLength, rootUserParams, walletAccountParams } from '../parameters.ts'

const params = z.strictObject({
  subOrganizationName: label,
  rootUsers: list(rootUserParams, 100),
  rootQuorumThreshold: z.int32().describe('How many root users must agree.'),
  wallet: z
    .strictObject({
      walletName: text(255, 'missing wallet params').min(1, 'must not be empty'),
      accounts: list(walletAccountParams, 100),
      mnemonicLength,
    })
    .optional(),
  disableEmailRecovery: z.boolean().optional(),
  disableEmailAuth: z.boolean().optional(),
  disableSmsAuth: z.boolean().optional(),
  disableOtpEmailAuth: z.boolean().optional(),
})

export const createSubOrganization = defineActivity({
  name: 'createSubOrganization',
  path: '/public/v1/submit/create_sub_organization',
  type: 'ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V8',
  intentKey: 'createSubOrganizationIntentV8',
  resultKey: 'createSubOrganizationResultV8',
  summary: 'Create a sub-organization with its root users and, if wanted, a wallet',
  spec: 'api-reference/activities/create-sub-organization',
  tags: ['organizations'],
  policy: { resource: 'ORGANIZATION', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  limit: 'crypto',
  params,
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V7',
      intentKey: 'createSubOrganizationIntentV7',
      resultKey: 'createSubOrganizationResultV7',
      params,
      upgrade: (same) => same,
    }),
  ],
  result: z.object({
    subOrganizationId: z.uuid(),
    wallet: z.object({ walletId: z.uuid(), addresses: z.array(z.string()) }).optional(),
    rootUserIds: z.array(z.uuid()),
  }),
  errors: [
    'NESTED_SUB_ORGANIZATION',
    'QUORUM_THRESHOLD_ZERO',
    'QUORUM_THRESHOLD_TOO_HIGH',
    'QUORUM_USERS_MISSING',
    ...credentialErrors,
    'INVALID_PATH',
    'INVALID_ADDRESS_FORMAT',
  ],
  example: {
    params: {
      subOrganizationName: 'Customer 42',
      rootUsers: [
        {
          userName: 'Customer',
          apiKeys: [
            {
              apiKeyName: 'session',
              publicKey: '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed',
              curveType: 'API_KEY_CURVE_P256',
            },
          ],
          authenticators: [],
          oauthProviders: [],
        },
      ],
      rootQuorumThreshold: 1,
    },
    result: {
      subOrganizationId: '019a0000-0000-7000-8000-000000000004',
      rootUserIds: ['019a0000-0000-7000-8000-000000000005'],
    },
  },
  // The parent's own rows stay as they are: its revision does not move.
  changes: 'rows',
  async prepare(
    ctx,
    { subOrganizationName, rootUsers, rootQuorumThreshold, wallet: walletParams },
  ) {
    const parent = ctx.organization
    if (parent.parentId !== null) return ctx.fail('NESTED_SUB_ORGANIZATION')
    refuseBadQuorum(rootQuorumThreshold, rootUsers.length)
    const organizationId = ctx.newId()
    const { dataKey, row: keyRow } = ctx.keyvault.createDataKey(organizationId)
    const context = { ...ctx, organizationId, organization: null, dataKey }
    const verified = await verifyUsers(credentialVerifier(ctx), rootUsers)
    const users = planUsers({ ...context, users: verified, isRoot: true })
    const wallet =
      walletParams === undefined
        ? null
        : planWallet(context, null, {
            name: walletParams.walletName,
            mnemonic: walletParams.mnemonicLength,
            accounts: walletParams.accounts,
          })
    const plan = {
      organizationId,
      parentId: parent.organizationId,
      name: subOrganizationName,
      rootThreshold: rootQuorumThreshold,
      dataKey,
      keyRow,
      users,
      wallet,
      nowMs: ctx.nowMs,
    }
    const addresses = wallet?.accounts.map(({ address }) => address) ?? []
    return {
      result: {
        subOrganizationId: organizationId,
        ...(wallet === null ? {} : { wallet: { walletId: wallet.walletId, addresses } }),
        rootUserIds: users.userIds,
      },
      plan,
      auditKey: ctx.keyvault.auditKey,
    }
  },
  effects: (tx, { plan, auditKey }) =>
    insertOrganization(tx, plan, {
      unitId: tx.unit.id,
      auditKey,
      facts: { ...tx.unit.audit, payload: { createdIn: plan.parentId } },
      atMs: tx.nowMs,
    }),
})
