// SIGN_RAW_PAYLOAD: signs bytes or text with a wallet account.
import { z } from 'zod'
import { findSigner } from '../../../domain/wallet/accounts.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { text, uuid } from '../../../operation/schemas.ts'
import { encoding, hashFunction, payload, payloadBytes, wireSignature } from '../payload.ts'

export const signRawPayload = defineActivity({
  name: 'signRawPayload',
  path: '/public/v1/submit/sign_raw_payload',
  type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2',
  intentKey: 'signRawPayloadIntentV2',
  resultKey: 'signRawPayloadResult',
  summary: 'Sign a raw payload',
  spec: 'api-reference/activities/sign-raw-payload',
  policy: { resource: 'PRIVATE_KEY', action: 'SIGN' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  limit: 'crypto',
  params: z.strictObject({ signWith: text(255), payload, encoding, hashFunction }),
  older: [
    older({
      type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD',
      intentKey: 'signRawPayloadIntent',
      resultKey: 'signRawPayloadResult',
      params: z.strictObject({ privateKeyId: uuid, payload, encoding, hashFunction }),
      upgrade: ({ privateKeyId, ...rest }) => ({ signWith: privateKeyId, ...rest }),
    }),
  ],
  result: z.object({ r: z.string(), s: z.string(), v: z.string() }),
  errors: [
    'SIGNING_RESOURCE_NOT_FOUND',
    'INVALID_PAYLOAD_ENCODING',
    'INVALID_PAYLOAD',
    'INVALID_HASH_FUNCTION',
  ],
  example: {
    params: {
      signWith: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      payload: 'hello',
      encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
      hashFunction: 'HASH_FUNCTION_KECCAK256',
    },
    result: {
      r: '8e2b2b9fbd1f0a6f3e6ecfb9c8e7b1f4f5cf0f4c5f1b8a2ad0e8d7bb3c7ad601',
      s: '10c1f7be5ffb1f0a2c43f8e9ee18b7c2b4d5e0b38a5f7db0a1d1e3b2a4c5d6e7',
      v: '00',
    },
  },
  changes: 'nothing',
  async prepare(ctx, { signWith, ...what }) {
    const signer = await findSigner(ctx, ctx.organization, signWith)
    if (signer === undefined) return ctx.fail('SIGNING_RESOURCE_NOT_FOUND')
    const message = payloadBytes(signer.curve, what)
    return { result: wireSignature(await ctx.keyvault.sign(ctx.reader, signer, message)) }
  },
  effects: null,
})
