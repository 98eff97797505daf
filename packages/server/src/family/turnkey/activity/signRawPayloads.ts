// SIGN_RAW_PAYLOADS: signs several payloads with one key, all or none.
import { z } from 'zod'
import { loadSigner, signingSubject } from '../../../domain/wallet/accounts.ts'
import type { Context } from '../../../operation/context.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { text } from '../../../operation/schemas.ts'
import {
  encoding,
  hashFunction,
  payload,
  payloadBytes,
  payloadFacts,
  wireSignature,
} from '../payload.ts'

const PAYLOADS_MAX = 100

const signature = z.object({ r: z.string(), s: z.string(), v: z.string() })

const params = z.strictObject({
  signWith: text(255).min(1, 'must not be empty'),
  payloads: z.array(payload).min(1).max(PAYLOADS_MAX),
  encoding,
  hashFunction,
})

export const signRawPayloads = defineActivity({
  name: 'signRawPayloads',
  path: '/public/v1/submit/sign_raw_payloads',
  type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOADS',
  intentKey: 'signRawPayloadsIntent',
  resultKey: 'signRawPayloadsResult',
  summary: 'Sign several raw payloads with one key',
  spec: 'api-reference/activities/sign-raw-payloads',
  tags: ['signing'],
  policy: { resource: 'PRIVATE_KEY', action: 'SIGN' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  // Each payload must be allowed: one that is denied must not hide among the others.
  concerns: async (ctx, { signWith, payloads, ...how }) => {
    const facts = payloads.map((one) => payloadFacts({ payload: one, ...how }))
    const distinct = facts.some(({ eth }) => eth !== undefined) ? facts : facts.slice(0, 1)
    return Promise.all(distinct.map((what) => signingSubject(ctx, signWith, () => what)))
  },
  signs: ({ payloads }) => payloads.length,
  limit: 'crypto',
  params,
  older: [],
  result: z.object({ signatures: z.array(signature) }),
  errors: [
    'SIGNING_RESOURCE_NOT_FOUND',
    'INVALID_PAYLOAD_ENCODING',
    'INVALID_PAYLOAD',
    'INVALID_HASH_FUNCTION',
  ],
  example: {
    params: {
      signWith: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      payloads: ['hello'],
      encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
      hashFunction: 'HASH_FUNCTION_KECCAK256',
    },
    result: {
      signatures: [
        {
          r: '73eebf81a611136662d65778960c853fdcaf6eca86793ed9cabc30f2195937af',
          s: '78a07e601627da5b4cc80c0ab35f6894da19b4a01759d90c101d9c9dd1c6745d',
          v: '00',
        },
      ],
    },
  },
  changes: 'nothing',
  foresee: loadAll,
  async prepare(ctx, params) {
    const { signer, messages } = await loadAll(ctx, params)
    const signatures = []
    for (const message of messages) {
      signatures.push(wireSignature(await ctx.keyvault.sign(ctx.reader, signer, message)))
    }
    return { result: { signatures } }
  },
  effects: null,
})

/** The key, and the bytes that it is to sign. */
async function loadAll(ctx: Context, { signWith, payloads, ...how }: z.output<typeof params>) {
  const signer = await loadSigner(ctx, ctx.organization, signWith)
  const messages = payloads.map((one) => payloadBytes(signer, { payload: one, ...how }))
  return { signer, messages }
}
