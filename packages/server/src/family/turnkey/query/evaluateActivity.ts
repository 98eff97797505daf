// evaluate_activity: what a submission would come to, and why. The submission itself is the body.
import type { JsonValue } from '../../../platform/strictJson.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { envelope } from '../envelope.ts'
import { dryRunResult, exampleDryRun, wireDryRun } from '../explanationWire.ts'

export const evaluateActivity = defineQuery({
  name: 'evaluateActivity',
  path: '/public/v1/query/evaluate_activity',
  summary: 'Tell what a submission would come to, and why, without submitting it',
  spec: 'api-reference/queries/get-policy-evaluations',
  tags: ['policies', 'activities'],
  findsCaller: false,
  limit: 'read',
  params: envelope,
  result: dryRunResult,
  errors: ['OPERATIONS_DISABLED'],
  example: {
    params: {
      type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2',
      timestampMs: '1793000000000',
      organizationId: '019a0000-0000-7000-8000-000000000000',
      parameters: {
        signWith: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
        payload: 'hello',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
    },
    result: exampleDryRun,
  },
  run: async (ctx, body) => wireDryRun(await ctx.dryRun(body as JsonValue)),
})
