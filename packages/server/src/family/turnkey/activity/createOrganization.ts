// CREATE_ORGANIZATION: sign-up, where it is open. Creates a root organization for whoever asks.
import { z } from 'zod'
import { insertOrganization } from '../../../domain/organization/create.ts'
import { planUsers, verifyUsers } from '../../../domain/user/user.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, text } from '../../../operation/schemas.ts'
import { INSTANCE_ID } from '../../../platform/ids.ts'
import { apiKeyParamsV2, authenticatorParamsV2 } from '../credentialParameters.ts'
import { credentialErrors, credentialVerifier } from '../credentials.ts'

const params = z.strictObject({
  organizationName: label,
  rootEmail: text(320).optional().describe("The first root user's."),
  apiKeys: list(apiKeyParamsV2, 20).describe('One of them must stamp this request.'),
  rootAuthenticator: authenticatorParamsV2.optional(),
})

export const createOrganization = defineActivity({
  name: 'createOrganization',
  path: '/public/v1/submit/create_organization',
  type: 'ACTIVITY_TYPE_CREATE_ORGANIZATION_V2',
  intentKey: 'createOrganizationIntentV2',
  resultKey: 'createOrganizationResult',
  summary: 'Sign up: create a root organization, with a root user who holds the key of the stamp',
  spec: 'api-reference/queries/get-activity',
  tags: ['organizations'],
  policy: { exempt: 'it runs in the instance, which has no policies' },
  rootQuorumOnly: false,
  parentMayAct: false,
  // Who signs up acts for nobody else yet: `authenticateSignUp` names such a caller.
  ownUser: () => INSTANCE_ID,
  concerns: () => ({}),
  limit: 'auth',
  params,
  older: [],
  result: z.object({ organizationId: z.uuid() }),
  errors: credentialErrors,
  example: {
    params: {
      organizationName: 'Acme',
      rootEmail: 'someone@example.com',
      apiKeys: [
        {
          apiKeyName: 'first',
          publicKey: '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed',
          curveType: 'API_KEY_CURVE_P256',
        },
      ],
    },
    result: { organizationId: '019a0000-0000-7000-8000-000000000000' },
  },
  changes: 'rows',
  async prepare(ctx, { organizationName, rootEmail, apiKeys, rootAuthenticator }) {
    const organizationId = ctx.newId()
    const { dataKey, row: keyRow } = ctx.keyvault.createDataKey(organizationId)
    const registrations = rootAuthenticator === undefined ? [] : [rootAuthenticator]
    const rootUser = {
      name: rootEmail ?? 'Root user',
      email: rootEmail ?? null,
      phone: null,
      tagIds: [],
      credentials: { apiKeys, registrations, identities: [] },
    }
    const verified = await verifyUsers(credentialVerifier(ctx), [rootUser])
    const context = { ...ctx, organizationId, organization: null }
    const plan = {
      organizationId,
      parentId: null,
      name: organizationName,
      rootThreshold: 1,
      dataKey,
      keyRow,
      users: planUsers({ ...context, users: verified, isRoot: true }),
      wallet: null,
      privateKeys: [],
      features: new Map(),
      invitations: [],
      nowMs: ctx.nowMs,
    }
    return { result: { organizationId }, plan, auditKey: ctx.keyvault.auditKey }
  },
  effects: (tx, { plan, auditKey }) =>
    insertOrganization(tx, plan, {
      unitId: tx.unit.id,
      auditKey,
      facts: { ...tx.unit.audit, payload: { createdIn: INSTANCE_ID } },
      atMs: tx.nowMs,
    }),
})
