// SIGN_TRANSACTION: signs an unsigned transaction of a chain, and returns it ready to broadcast.
import { decodeHex } from '@keystead/crypto/node'
import { z } from 'zod'
import type { ParsedTransaction } from '../../../domain/transaction/chain.ts'
import {
  parseTransaction,
  type TransactionType,
  transactionTypes,
} from '../../../domain/transaction/transaction.ts'
import { loadSigner, signingSubject } from '../../../domain/wallet/accounts.ts'
import type { Context } from '../../../operation/context.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { oneOf, text, uuid } from '../../../operation/schemas.ts'

const TRANSACTION_CHARACTERS_MAX = 512 * 1024

const unsignedTransaction = text(TRANSACTION_CHARACTERS_MAX)

const type = oneOf(transactionTypes, {
  invalid: 'unsupported transaction type',
  missing: 'is required',
})

const CURVE_ERRORS = {
  secp256k1: 'TRANSACTION_CURVE',
  ed25519: 'TRANSACTION_CURVE_ED25519',
} as const

const signWith = text(255).min(1, 'must not be empty')

const errors = [
  'SIGNING_RESOURCE_NOT_FOUND',
  'TRANSACTION_UNPARSEABLE',
  'TRANSACTION_CURVE',
  'TRANSACTION_CURVE_ED25519',
  'TRANSACTION_SIGNER',
] as const

export const signTransaction = defineActivity({
  name: 'signTransaction',
  path: '/public/v1/submit/sign_transaction',
  type: 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2',
  intentKey: 'signTransactionIntentV2',
  resultKey: 'signTransactionResult',
  summary: 'Sign a transaction',
  spec: 'api-reference/activities/sign-transaction',
  tags: ['signing'],
  policy: { resource: 'PRIVATE_KEY', action: 'SIGN' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: (ctx, params) =>
    signingSubject(ctx, params.signWith, (signer) => {
      const parsed = parsedOf(params)
      if (!parsed.ok || parsed.transaction.curve !== signer.curve) return {}
      const { transaction } = parsed
      return { ...transaction.facts(signer), moves: transaction.moves(signer) }
    }),
  signs: () => 1,
  limit: 'crypto',
  params: z.strictObject({ signWith, unsignedTransaction, type }),
  older: [
    older({
      type: 'ACTIVITY_TYPE_SIGN_TRANSACTION',
      intentKey: 'signTransactionIntent',
      resultKey: 'signTransactionResult',
      // COMPAT: the command-line client sends this type with the parameters of V2.
      params: z
        .strictObject({
          privateKeyId: uuid.optional(),
          signWith: signWith.optional(),
          unsignedTransaction,
          type,
        })
        .refine((given) => (given.privateKeyId === undefined) !== (given.signWith === undefined), {
          message: 'is required, or `signWith` in its place',
          path: ['privateKeyId'],
        }),
      upgrade: ({ privateKeyId, signWith: signer, ...rest }) => ({
        signWith: signer ?? privateKeyId ?? '',
        ...rest,
      }),
    }),
  ],
  result: z.object({ signedTransaction: z.string() }),
  errors,
  example: {
    params: {
      signWith: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      unsignedTransaction:
        '02e70180843b9aca00847735940082520894000000000000000000000000000000000000dead0180c0',
      type: 'TRANSACTION_TYPE_ETHEREUM',
    },
    result: {
      signedTransaction:
        '02f86a0180843b9aca00847735940082520894000000000000000000000000000000000000dead0180c001a075da9531a08a0b9e9303c733ec84847b4c93ff4f7771dcae2aaecd3a78c460faa058ba9e720d50246a07916f36c6e387e2256f7c9c04e1538e24def7e63e1876bd',
    },
  },
  changes: 'nothing',
  foresee: loadBoth,
  async prepare(ctx, params) {
    const { signer, signing } = await loadBoth(ctx, params)
    const signatures = []
    for (const message of signing.messages) {
      signatures.push(await ctx.keyvault.sign(ctx.reader, signer, message))
    }
    return { result: { signedTransaction: signing.assemble(signatures).toString('hex') } }
  },
  effects: null,
})

/** The key, and what it is to sign of the transaction. */
async function loadBoth(
  ctx: Context<(typeof errors)[number]>,
  params: Transaction & { signWith: string },
) {
  const signer = await loadSigner(ctx, ctx.organization, params.signWith)
  const unparseable = (description: string) => {
    const violations = [{ field: 'unsignedTransaction', description }]
    return ctx.fail('TRANSACTION_UNPARSEABLE', { violations })
  }
  const parsed = parsedOf(params)
  if (!parsed.ok) return unparseable(parsed.reason)
  const { transaction } = parsed
  if (signer.curve !== transaction.curve) return ctx.fail(CURVE_ERRORS[transaction.curve])
  const signing = transaction.signingBy(signer)
  if (signing === null) return ctx.fail('TRANSACTION_SIGNER')
  return signing.ok ? { signer, signing } : unparseable(signing.reason)
}

interface Transaction {
  type: TransactionType
  unsignedTransaction: string
}

/** Policies and the signature look at the same transaction: it is parsed once for both. */
const known = new WeakMap<object, ParsedTransaction>()

function parsedOf(params: Transaction) {
  const earlier = known.get(params)
  if (earlier !== undefined) return earlier
  const bytes = decodeHex(params.unsignedTransaction.replace(/^0x/i, ''))
  const parsed: ParsedTransaction =
    bytes === undefined
      ? { ok: false, reason: 'the transaction is not hexadecimal' }
      : parseTransaction(params.type, bytes)
  known.set(params, parsed)
  return parsed
}
