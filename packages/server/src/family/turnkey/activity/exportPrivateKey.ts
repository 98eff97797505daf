// EXPORT_PRIVATE_KEY: hands out a private key, encrypted to a key of the caller.
import { z } from 'zod'
import { privateKeySubjectOf } from '../../../domain/policy/subject.ts'
import { markPrivateKeyExported } from '../../../domain/privateKey/privateKey.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { targetPublicKey } from '../transfers.ts'

export const exportPrivateKey = defineActivity({
  name: 'exportPrivateKey',
  path: '/public/v1/submit/export_private_key',
  type: 'ACTIVITY_TYPE_EXPORT_PRIVATE_KEY',
  intentKey: 'exportPrivateKeyIntent',
  resultKey: 'exportPrivateKeyResult',
  summary: 'Export a private key, encrypted to a key of the caller',
  spec: 'api-reference/activities/export-private-key',
  tags: ['private-keys'],
  policy: { resource: 'PRIVATE_KEY', action: 'EXPORT' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: ({ organization }, { privateKeyId }) => privateKeySubjectOf(organization, privateKeyId),
  limit: 'crypto',
  params: z.strictObject({ privateKeyId: uuid, targetPublicKey }),
  older: [],
  result: z.object({ privateKeyId: z.uuid(), exportBundle: z.string() }),
  errors: ['PRIVATE_KEY_NOT_FOUND'],
  example: {
    params: {
      privateKeyId: '019a0000-0000-7000-8000-000000000007',
      targetPublicKey:
        '04d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf350185e895372df6221ea3a137557e473fddb6755f05bd507c3c533fce9c91285',
    },
    result: {
      privateKeyId: '019a0000-0000-7000-8000-000000000007',
      exportBundle:
        '{"version":"v1.0.0","data":"7b22…","dataSignature":"3045…","enclaveQuorumPublic":"04…"}',
    },
  },
  changes: 'snapshot',
  async prepare(ctx, { privateKeyId, targetPublicKey: target }) {
    const { organizationId, privateKeys } = ctx.organization
    const key = privateKeys.get(privateKeyId)
    if (key === undefined) return ctx.fail('PRIVATE_KEY_NOT_FOUND')
    const { curve, publicKey } = key
    const signingKey = { organizationId, curve, publicKey, source: { privateKeyId } }
    const exportBundle = await ctx.keyvault.exportKey(ctx.reader, signingKey, target)
    return { result: { privateKeyId, exportBundle }, organizationId }
  },
  effects: (tx, { organizationId, result }) =>
    markPrivateKeyExported(tx, organizationId, result.privateKeyId),
})
