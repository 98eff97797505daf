// Partially signed Bitcoin transactions: read strictly, described, and given one key's signatures.
import { type EcdsaSignature, encodeEcdsaDer } from '../der.ts'
import { refuse, type Verdict, verdictOf } from '../verdict.ts'
import { type PsbtInput, readPsbtInput } from './psbtInput.ts'
import { type PsbtMap, type PsbtMaps, valueOf, withPair, writePsbtMaps } from './psbtMaps.ts'
import { readPsbt } from './psbtTransaction.ts'
import { scriptsAbout } from './script.ts'
import { taprootOutputKey } from './schnorr.ts'
import { sighashAll, sighashDefault, SignatureHashes } from './sighash.ts'
import { type TxOutput, type UnsignedTx, writeOutpoint, writeTransaction } from './transaction.ts'

/** Who signs. */
export type BitcoinSigner = Readonly<{
  /** Compressed, and never tweaked. */
  publicKey: Uint8Array
  /**
   * Whether it signs for outputs of its taproot address, with its key tweaked (BIP-86) and Schnorr
   * signatures; else for all others that are about the key, with ECDSA.
   */
  isTaproot: boolean
}>

/** What one key signs of a transaction. */
export type BitcoinSigning = Readonly<{
  /** One digest of 32 bytes for each of its inputs, at least one. */
  digests: readonly Buffer[]
  /**
   * In satoshis, what no output gets. Null when it is not certain, because the PSBT does not say
   * what an input spends, or nothing would make the signatures invalid if that was a lie; or when
   * outputs are more than inputs.
   */
  fee: bigint | null
  /**
   * The PSBT with these signatures, in the order of `digests`, and nothing else changed but the
   * note in PSBT version 2 that inputs and outputs stay as they are. Not finalized.
   *
   * @throws RangeError when there is not one signature for each digest
   */
  assemble: (signatures: readonly EcdsaSignature[]) => Buffer
}>

/** A transaction as a PSBT has it. */
export type BitcoinTransaction = Readonly<{
  /** All outputs, in their order. Amounts are in satoshis. */
  outputs: readonly TxOutput[]
  /**
   * What this key has to sign: null when no input is for it, a refusal when one wants what is not
   * supported.
   */
  signingBy: (signer: BitcoinSigner) => Verdict<BitcoinSigning> | null
}>

type Psbt = Readonly<{ maps: PsbtMaps; tx: UnsignedTx; inputs: readonly PsbtInput[] }>

/** An input that a key signs. */
type Place = Readonly<{ at: number; digest: Buffer; write: (signature: EcdsaSignature) => Pair }>
type Pair = PsbtMap[number]

// Standard transactions are shorter, and hashing legacy inputs takes their number times the length.
const transactionBytesMax = 100_000
const inputsMax = 500

const partialSig = 0x02
const tapKeySig = 0x13
const txModifiable = 0x06
const inputsModifiable = 0x01
const outputsModifiable = 0x02

/**
 * Parses a PSBT, of version 0 (BIP-174) or 2 (BIP-370), with the fields of taproot (BIP-371).
 *
 * Refused is also what contradicts itself: see {@link readPsbtInput}. Fields that are not known are
 * kept. Signatures that are there already are not verified.
 *
 * @returns a refusal also for transactions over 100 000 bytes or 500 inputs
 */
export function parsePsbt(bytes: Uint8Array): Verdict<{ transaction: BitcoinTransaction }> {
  return verdictOf(() => {
    const { maps, tx } = readPsbt(Buffer.from(bytes))
    checkSize(tx)
    const inputs = tx.inputs.map((input, at) =>
      readPsbtInput(input, maps.inputs[at] ?? [], `inputs[${at}]`),
    )
    const psbt: Psbt = { maps, tx, inputs }
    return {
      transaction: {
        outputs: tx.outputs,
        signingBy: (signer: BitcoinSigner) => signingBy(psbt, signer),
      },
    }
  })
}

function checkSize(tx: UnsignedTx): void {
  if (tx.inputs.length > inputsMax) refuse('the transaction has over 500 inputs')
  const { length } = writeTransaction(tx, () => Buffer.alloc(0))
  if (length > transactionBytesMax) refuse('the transaction is over 100000 bytes')
  const outpoints = new Set(tx.inputs.map((input) => writeOutpoint(input).toString('hex')))
  if (outpoints.size < tx.inputs.length) refuse('two inputs spend the same output')
}

function signingBy(psbt: Psbt, signer: BitcoinSigner): Verdict<BitcoinSigning> | null {
  const verdict = verdictOf(() => {
    const places = signer.isTaproot ? taprootPlaces(psbt, signer) : ecdsaPlaces(psbt, signer)
    return {
      digests: places.map(({ digest }) => digest),
      fee: feeOf(psbt, signer),
      assemble: (signatures: readonly EcdsaSignature[]) => assemble(psbt, places, signatures),
    }
  })
  return verdict.ok && verdict.digests.length === 0 ? null : verdict
}

function ecdsaPlaces({ tx, inputs }: Psbt, { publicKey }: BitcoinSigner): Place[] {
  const hashes = new SignatureHashes(tx, [])
  const isAbout = scriptsAbout(publicKey)
  const write = ({ r, s }: EcdsaSignature): Pair => ({
    type: partialSig,
    keyData: Buffer.from(publicKey),
    value: Buffer.concat([encodeEcdsaDer(r, s), Buffer.of(sighashAll)]),
  })
  return inputs.flatMap(({ spending, spent, sighashType = sighashAll }, at) => {
    if (spending === null || spent === null || spending.kind === 'taproot') return []
    const { kind, script } = spending
    if (!isAbout(script)) return []
    if (sighashType !== sighashAll) return refuseSighash(at, sighashType)
    const { amount } = spent
    const digest =
      kind === 'legacy' ? hashes.legacy(at, script) : hashes.segwitV0(at, { script, amount })
    return { at, digest, write }
  })
}

function taprootPlaces({ tx, inputs }: Psbt, { publicKey }: BitcoinSigner): Place[] {
  const outputKey = taprootOutputKey(publicKey)
  const isOwn = ({ spending }: PsbtInput) =>
    spending?.kind === 'taproot' && spending.outputKey.equals(outputKey)
  if (!inputs.some(isOwn)) return []
  const hashes = new SignatureHashes(tx, inputs.map(spentBy))
  return inputs.flatMap((input, at) => {
    const { sighashType = sighashDefault } = input
    if (!isOwn(input)) return []
    if (sighashType !== sighashDefault && sighashType !== sighashAll) {
      return refuseSighash(at, sighashType)
    }
    const suffix = sighashType === sighashDefault ? Buffer.alloc(0) : Buffer.of(sighashAll)
    return {
      at,
      digest: hashes.taproot(at, sighashType),
      write: ({ r, s }: EcdsaSignature): Pair => ({
        type: tapKeySig,
        keyData: Buffer.alloc(0),
        value: Buffer.concat([r, s, suffix]),
      }),
    }
  })
}

function refuseSighash(at: number, type: number): never {
  return refuse(`inputs[${at}].sighash_type 0x${type.toString(16)} is not supported`)
}

function spentBy({ spent }: PsbtInput, at: number): TxOutput {
  return (
    spent ?? refuse(`inputs[${at}] does not say what it spends, which taproot signatures cover`)
  )
}

/**
 * SECURITY: who lies about amounts in two requests for one transaction gets two signatures that are
 * valid together, with a fee that no request showed. So an amount counts when the spent transaction
 * proves it, or when each of these signatures covers it: a taproot signature covers all amounts, one
 * of segwit version 0 that of its own input.
 */
function feeOf({ tx, inputs }: Psbt, { isTaproot }: BitcoinSigner): bigint | null {
  const coversAll = isTaproot || (inputs.length === 1 && inputs[0]?.spending?.kind === 'segwitV0')
  let fee = -tx.outputs.reduce((sum, { amount }) => sum + amount, 0n)
  for (const { spent, isProven } of inputs) {
    if (spent === null || !(isProven || coversAll)) return null
    fee += spent.amount
  }
  return fee < 0n ? null : fee
}

function assemble(
  { maps }: Psbt,
  places: readonly Place[],
  signatures: readonly EcdsaSignature[],
): Buffer {
  if (signatures.length !== places.length) throw new RangeError('one signature for each digest')
  const inputs = [...maps.inputs]
  for (const [index, { at, write }] of places.entries()) {
    const signature = signatures[index]
    if (signature !== undefined) inputs[at] = withPair(inputs[at] ?? [], write(signature))
  }
  return writePsbtMaps({ ...maps, inputs, global: unmodifiable(maps.global) })
}

/** SPEC: BIP-370, Signer: a signature of everything leaves nothing to be added. */
function unmodifiable(global: PsbtMap): PsbtMap {
  const [flags] = valueOf(global, txModifiable) ?? []
  if (flags === undefined) return global
  const value = Buffer.of(flags & ~(inputsModifiable | outputsModifiable))
  return withPair(global, { type: txModifiable, keyData: Buffer.alloc(0), value })
}
