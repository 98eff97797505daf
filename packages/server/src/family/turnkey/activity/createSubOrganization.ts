// CREATE_SUB_ORGANIZATION: creates an organization below the caller's, with its own root users.
import { z } from 'zod'
import { insertOrganization } from '../../../domain/organization/create.ts'
import { subOrganizationFeatures } from '../../../domain/organization/features.ts'
import { refuseBadQuorum } from '../../../domain/organization/quorum.ts'
import { planPrivateKeys } from '../../../domain/privateKey/privateKey.ts'
import { planUsers, verifyUsers } from '../../../domain/user/user.ts'
import { planWallet } from '../../../domain/wallet/wallet.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { credentialErrors, credentialVerifier } from '../credentials.ts'
import {
  subOrganizationParams,
  subOrganizationParamsV1,
  subOrganizationParamsV2,
} from '../subOrganizationParameters.ts'
import { newPrivateKeyResult, wireNewPrivateKey } from '../wire.ts'

const result = z.object({
  subOrganizationId: z.uuid(),
  wallet: z.object({ walletId: z.uuid(), addresses: z.array(z.string()) }).optional(),
  privateKeys: z.array(newPrivateKeyResult).optional(),
  rootUserIds: z.array(z.uuid()),
})

/** An older version, whose parameters are translated by its schema. */
function version<S extends typeof subOrganizationParamsV1 | typeof subOrganizationParamsV2>(
  suffix: string,
  params: S | typeof subOrganizationParams,
) {
  return older({
    type: `ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION${suffix}`,
    intentKey: `createSubOrganizationIntent${suffix.slice(1)}`,
    resultKey: `createSubOrganizationResult${suffix === '_V2' ? '' : suffix.slice(1)}`,
    params,
    upgrade: (same: z.output<S | typeof subOrganizationParams>) => same,
    downgrade: (newest) =>
      suffix === '_V3' ? { privateKeys: [], ...result.parse(newest) } : newest,
  })
}

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
  concerns: () => ({}),
  limit: 'crypto',
  params: subOrganizationParams,
  older: [
    version('', subOrganizationParamsV1),
    version('_V2', subOrganizationParamsV2),
    version('_V3', subOrganizationParamsV2),
    version('_V4', subOrganizationParamsV2),
    version('_V5', subOrganizationParamsV2),
    version('_V6', subOrganizationParams),
    version('_V7', subOrganizationParams),
  ],
  result,
  errors: [
    'NESTED_SUB_ORGANIZATION',
    'QUORUM_THRESHOLD_ZERO',
    'QUORUM_THRESHOLD_TOO_HIGH',
    'QUORUM_USERS_MISSING',
    ...credentialErrors,
    'INVALID_PATH',
    'INVALID_ADDRESS_FORMAT',
    'PRIVATE_KEY_LABEL_NOT_UNIQUE',
    'PRIVATE_KEY_TAG_NOT_FOUND',
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
  async prepare(ctx, { name, rootUsers, rootThreshold, disabled, ...material }) {
    const parent = ctx.organization
    if (parent.parentId !== null) return ctx.fail('NESTED_SUB_ORGANIZATION')
    refuseBadQuorum(rootThreshold, rootUsers.length)
    const organizationId = ctx.newId()
    const { dataKey, row: keyRow } = ctx.keyvault.createDataKey(organizationId)
    const context = { ...ctx, organizationId, organization: null, dataKey }
    const verified = await verifyUsers(credentialVerifier(ctx), rootUsers)
    const users = planUsers({ ...context, users: verified, isRoot: true })
    const wallet = material.wallet === null ? null : planWallet(context, null, material.wallet)
    const privateKeys = planPrivateKeys({ ...context, keys: material.privateKeys })
    const plan = {
      organizationId,
      parentId: parent.organizationId,
      name,
      rootThreshold,
      dataKey,
      keyRow,
      users,
      wallet,
      privateKeys,
      features: subOrganizationFeatures(disabled),
      invitations: [],
      nowMs: ctx.nowMs,
    }
    const addresses = wallet?.accounts.map(({ address }) => address) ?? []
    return {
      result: {
        subOrganizationId: organizationId,
        ...(wallet === null ? {} : { wallet: { walletId: wallet.walletId, addresses } }),
        ...(privateKeys.length === 0 ? {} : { privateKeys: privateKeys.map(wireNewPrivateKey) }),
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
