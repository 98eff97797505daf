// What imports and exports of keys share: their parameters, and the use of an import's key.
import {
  type MnemonicLanguage,
  parsePublicKey,
  parseSealedMessage,
  type SealedMessage,
} from '@keystead/crypto/node'
import { z } from 'zod'
import { findImportKey, takeImportKey } from '../../domain/keyvault/importKey.store.ts'
import {
  createImportKey,
  type ImportedSecret,
  type ImportKey,
  type ImportKind,
  openImport,
} from '../../domain/keyvault/importKeys.ts'
import { AppError } from '../../errors.ts'
import type { Context } from '../../operation/context.ts'
import { Refusal } from '../../operation/operation.ts'
import { lines } from '../../operation/schemas.ts'

/** `encryptedBundle`: what a client encrypted to the key of an import bundle. */
export const encryptedBundle = lines(16_384)
  .describe('JSON: `encappedPublic` and `ciphertext`, both in hexadecimal.')
  .transform((bundle, context): SealedMessage => {
    const message = parseSealedMessage(bundle)
    if (message !== undefined) return message
    const expected = 'must be JSON with encappedPublic and ciphertext in hexadecimal'
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })

/** `targetPublicKey`: whoever holds its private key can read the export. */
export const targetPublicKey = z
  .string()
  .max(130)
  .describe('P-256, uncompressed or compressed, in hexadecimal.')
  .transform((text, context): Buffer => {
    const key = Buffer.from(text, 'hex')
    if (key.length * 2 === text.length && parsePublicKey('p256', key) !== undefined) return key
    context.addIssue({ code: 'custom', message: 'must be a P-256 public key in hexadecimal' })
    return z.NEVER
  })

/** `deleteWithoutExport`; absent: false. */
export const deleteWithoutExport = z
  .boolean()
  .optional()
  .describe('Delete what was never exported, too.')
  .transform((value) => value === true)

const LANGUAGES = {
  MNEMONIC_LANGUAGE_ENGLISH: 'english',
  MNEMONIC_LANGUAGE_SIMPLIFIED_CHINESE: 'simplified_chinese',
  MNEMONIC_LANGUAGE_TRADITIONAL_CHINESE: 'traditional_chinese',
  MNEMONIC_LANGUAGE_CZECH: 'czech',
  MNEMONIC_LANGUAGE_FRENCH: 'french',
  MNEMONIC_LANGUAGE_ITALIAN: 'italian',
  MNEMONIC_LANGUAGE_JAPANESE: 'japanese',
  MNEMONIC_LANGUAGE_KOREAN: 'korean',
  MNEMONIC_LANGUAGE_SPANISH: 'spanish',
} as const satisfies Record<string, MnemonicLanguage>

/** `language` of exports. */
export const mnemonicLanguage = z
  .enum(Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[], 'must be a MNEMONIC_LANGUAGE_…')
  .describe('Absent: the words that make its seed. Those of another language make other keys.')
  .transform((name) => LANGUAGES[name])

/** What importing may fail with, beside what it brings. */
export const IMPORT_ERRORS = [
  'IMPORT_FOR_ANOTHER_USER',
  'IMPORT_NOT_INITIALIZED',
  'INVALID_ENCRYPTED_BUNDLE',
] as const

/** Makes the key that a user's next import of that kind is encrypted to. */
export async function initImport(ctx: Context, userId: string, kind: ImportKind) {
  refuseOtherUsers(ctx, userId)
  const { organizationId } = ctx.organization
  const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
  // No longer than a request can wait for votes: what waits longer could not run anyway.
  const expiresMs = ctx.nowMs + ctx.pendingMs
  const place = { organizationId, userId, kind }
  const key = createImportKey(dataKey, place, { id: ctx.newId(), expiresMs })
  return { result: { importBundle: ctx.keyvault.importBundle(key) }, key }
}

/** @throws AppError `IMPORT_FOR_ANOTHER_USER`, `IMPORT_NOT_INITIALIZED` */
export async function loadImportKey(
  ctx: Context,
  userId: string,
  kind: ImportKind,
): Promise<ImportKey> {
  refuseOtherUsers(ctx, userId)
  const { organizationId } = ctx.organization
  const key = await findImportKey(ctx.reader, { organizationId, userId, kind })
  if (key === undefined || key.expires_ms <= ctx.nowMs) throw new AppError('IMPORT_NOT_INITIALIZED')
  return key
}

/** What a client encrypted, and to which key. */
interface Arrival {
  key: ImportKey
  message: SealedMessage
}

/**
 * Decrypts an import and plans with what it brought. What does not decrypt was not meant for this
 * key, and leaves it; otherwise the key is used up, also when `plan` refuses what it got.
 * @throws AppError `INVALID_ENCRYPTED_BUNDLE`; Refusal with what `plan` throws
 */
export async function planImport<P>(
  ctx: Context,
  { key, message }: Arrival,
  plan: (imported: ImportedSecret) => P,
): Promise<P> {
  const { organizationId } = ctx.organization
  const imported = await ctx.keyvault.withDataKey(ctx.reader, organizationId, (dataKey) =>
    openImport(dataKey, key, message),
  )
  if (imported === undefined) throw new AppError('INVALID_ENCRYPTED_BUNDLE')
  try {
    return plan(imported)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new Refusal(error, async (tx) => void (await takeImportKey(tx, key)))
  }
}

function refuseOtherUsers({ actor, organization }: Context, userId: string): void {
  const own = actor.organizationId === organization.organizationId && actor.userId === userId
  if (!own) throw new AppError('IMPORT_FOR_ANOTHER_USER')
}
