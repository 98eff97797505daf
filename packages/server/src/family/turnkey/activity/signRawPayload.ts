// SIGN_RAW_PAYLOAD: signs bytes or text with a wallet account.
import { z } from 'zod'
import { loadSigner, signingSubject } from '../../../domain/wallet/accounts.ts'
import type { Context } from '../../../operation/context.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { text, uuid } from '../../../operation/schemas.ts'
import {
  encoding,
  hashFunction,
  payload,
  payloadBytes,
  payloadFacts,
  type RawPayload,
  wireSignature,
} from '../payload.ts'

export const signRawPayload = defineActivity({
  name: 'signRawPayload',
  path: '/public/v1/submit/sign_raw_payload',
  type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2',
  intentKey: 'signRawPayloadIntentV2',
  resultKey: 'signRawPayloadResult',
  summary: 'Sign a raw payload',
  spec: 'api-reference/activities/sign-raw-payload',
  tags: ['signing'],
  policy: { resource: 'PRIVATE_KEY', action: 'SIGN' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: (ctx, { signWith, ...what }) => signingSubject(ctx, signWith, () => payloadFacts(what)),
  signs: () => 1,
  limit: 'crypto',
  params: z.strictObject({
    signWith: text(255).describe('The address or the id of a wallet account or a private key.'),
    payload,
    encoding,
    hashFunction,
  }),
  older: [
    older({
      type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD',
      intentKey: 'signRawPayloadIntent',
      resultKey: 'signRawPayloadResult',
      params: z.strictObject({ privateKeyId: uuid, payload, encoding, hashFunction }),
      upgrade: ({ privateKeyId, ...rest }) => ({ signWith: privateKeyId, ...rest }),
    }),
  ],
  result: z.object({
    r: z.string().describe('64 hexadecimal digits without `0x`.'),
    s: z.string().describe('64 hexadecimal digits without `0x`.'),
    v: z
      .string()
      .describe(
        '`00` or `01`: the recovery id. Always `00` for Ed25519 and taproot, where r ‖ s is the signature.',
      ),
  }),
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
      r: '73eebf81a611136662d65778960c853fdcaf6eca86793ed9cabc30f2195937af',
      s: '78a07e601627da5b4cc80c0ab35f6894da19b4a01759d90c101d9c9dd1c6745d',
      v: '00',
    },
  },
  changes: 'nothing',
  foresee: loadBoth,
  async prepare(ctx, params) {
    const { signer, message } = await loadBoth(ctx, params)
    return { result: wireSignature(await ctx.keyvault.sign(ctx.reader, signer, message)) }
  },
  effects: null,
})

/** The key, and the bytes that it is to sign. */
async function loadBoth(ctx: Context, { signWith, ...what }: RawPayload & { signWith: string }) {
  const signer = await loadSigner(ctx, ctx.organization, signWith)
  return { signer, message: payloadBytes(signer, what) }
}
