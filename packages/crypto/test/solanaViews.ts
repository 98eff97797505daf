// What the Solana libraries read in the bytes of a transaction, in the shape of our description.
import { getCompiledTransactionMessageDecoder, getTransactionDecoder } from '@solana/kit'
import { VersionedTransaction } from '@solana/web3.js'
import type { SolanaTransaction } from '../src/node/index.ts'

/** All that both libraries know of a message. */
export function viewOf(transaction: SolanaTransaction) {
  const { version, accountKeys, requiredSigners, recentBlockhash } = transaction
  return {
    version,
    accountKeys,
    requiredSigners,
    recentBlockhash,
    instructions: transaction.instructions.map(({ programKey, accounts, data }) => ({
      programKey,
      accounts,
      data: data.toString('hex'),
    })),
    addressTableLookups: transaction.addressTableLookups,
  }
}

type View = ReturnType<typeof viewOf>

/** As `@solana/web3.js` reads it, and the bytes it writes again. */
export function viewByWeb3(bytes: Uint8Array): { view: View; again: Buffer } {
  const transaction = VersionedTransaction.deserialize(bytes)
  const { message } = transaction
  if (message.version === 1) throw new Error('there is no such version')
  const { numRequiredSignatures } = message.header
  const known = message.staticAccountKeys.map((key) => key.toBase58())
  const loaded = message.addressTableLookups.flatMap((lookup) => [
    ...lookup.writableIndexes,
    ...lookup.readonlyIndexes,
  ])
  const accountKeys = [...known, ...loaded.map(() => null)]
  const view = {
    version: message.version,
    accountKeys,
    requiredSigners: known.slice(0, numRequiredSignatures),
    recentBlockhash: message.recentBlockhash,
    instructions: message.compiledInstructions.map((one) => ({
      programKey: known[one.programIdIndex] ?? '',
      accounts: one.accountKeyIndexes.map((index) => ({
        accountKey: accountKeys[index] ?? null,
        signer: message.isAccountSigner(index),
        writable: message.isAccountWritable(index),
      })),
      data: Buffer.from(one.data).toString('hex'),
    })),
    addressTableLookups: message.addressTableLookups.map((lookup) => ({
      addressTableKey: lookup.accountKey.toBase58(),
      writableIndexes: lookup.writableIndexes,
      readonlyIndexes: lookup.readonlyIndexes,
    })),
  }
  return { view, again: Buffer.from(transaction.serialize()) }
}

/** As `@solana/kit` reads it. */
export function viewByKit(bytes: Uint8Array): View {
  const { messageBytes } = getTransactionDecoder().decode(bytes)
  const message = getCompiledTransactionMessageDecoder().decode(messageBytes)
  if (message.version === 1) throw new Error('there is no such version')
  const { numSignerAccounts, numReadonlySignerAccounts, numReadonlyNonSignerAccounts } =
    message.header
  const known: (string | null)[] = [...message.staticAccounts]
  const lookups = (message.version === 0 ? message.addressTableLookups : undefined) ?? []
  const writableCount = lookups.flatMap((lookup) => lookup.writableIndexes).length
  const readonlyCount = lookups.flatMap((lookup) => lookup.readonlyIndexes).length
  const accountKeys = [...known, ...Array<null>(writableCount + readonlyCount).fill(null)]
  const isWritable = (index: number) => {
    if (index < numSignerAccounts) return index < numSignerAccounts - numReadonlySignerAccounts
    if (index < known.length) return index < known.length - numReadonlyNonSignerAccounts
    return index < known.length + writableCount
  }
  return {
    version: message.version,
    accountKeys,
    requiredSigners: message.staticAccounts.slice(0, numSignerAccounts),
    recentBlockhash: message.lifetimeToken,
    instructions: message.instructions.map((one) => ({
      programKey: known[one.programAddressIndex] ?? '',
      accounts: (one.accountIndices ?? []).map((index) => ({
        accountKey: accountKeys[index] ?? null,
        signer: index < numSignerAccounts,
        writable: isWritable(index),
      })),
      data: Buffer.from(one.data ?? []).toString('hex'),
    })),
    addressTableLookups: lookups.map((lookup) => ({
      addressTableKey: lookup.lookupTableAddress,
      writableIndexes: [...lookup.writableIndexes],
      readonlyIndexes: [...lookup.readonlyIndexes],
    })),
  }
}
