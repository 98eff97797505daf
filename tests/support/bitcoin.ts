// Bitcoin transactions, made and verified by @scure/btc-signer and bitcoinjs-lib. The latter wants to
// be given arithmetic: noble's, which is not ours.
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import * as scure from '@scure/btc-signer'
import { initEccLib, Psbt, Transaction } from 'bitcoinjs-lib'

const Point = secp256k1.Point

initEccLib({
  isXOnlyPoint: (x) => {
    try {
      return schnorr.utils.lift_x(BigInt(`0x${toHex(x)}`)) !== null
    } catch {
      return false
    }
  },
  xOnlyPointAddTweak: (x, tweak) => {
    const internal = schnorr.utils.lift_x(BigInt(`0x${toHex(x)}`))
    const point = internal.add(Point.BASE.multiply(BigInt(`0x${toHex(tweak)}`)))
    if (point.is0()) return null
    const [parity = 0, ...bytes] = point.toBytes(true)
    return { parity: parity === 3 ? 1 : 0, xOnlyPubkey: Uint8Array.from(bytes) }
  },
})

/** The forms of an output for one key. */
export const bitcoinForms = ['p2pkh', 'p2sh', 'p2wpkh', 'p2wsh', 'p2tr'] as const
export type BitcoinForm = (typeof bitcoinForms)[number]

/** How btc-signer pays a key. */
export function paymentOf(form: BitcoinForm, publicKey: Uint8Array, network = scure.NETWORK) {
  switch (form) {
    case 'p2pkh':
      return scure.p2pkh(publicKey, network)
    case 'p2sh':
      return scure.p2sh(scure.p2wpkh(publicKey, network), network)
    case 'p2wpkh':
      return scure.p2wpkh(publicKey, network)
    case 'p2wsh':
      return scure.p2wsh(scure.p2pk(publicKey), network)
    case 'p2tr':
      return scure.p2tr(publicKey.slice(1), undefined, network)
  }
}

/** A transaction of somebody that has this output, in front of one of its own. */
function payingTransaction(script: Uint8Array, amount: bigint): Transaction {
  const paying = new Transaction()
  paying.addInput(
    Uint8Array.from({ length: 32 }, () => Math.floor(Math.random() * 256)),
    0,
  )
  paying.addOutput(script, amount)
  paying.addOutput(Uint8Array.of(0x51), 7n)
  return paying
}

/** An input for btc-signer that spends a new output of this form. @param proof what backs it */
export function inputOf(
  payment: ReturnType<typeof paymentOf>,
  amount: bigint,
  proof: 'transaction' | 'claim' | 'both',
) {
  const { script } = payment
  const paying = payingTransaction(script, amount)
  const nonWitnessUtxo = paying.toBuffer()
  const witnessUtxo = { script, amount }
  return {
    ...payment,
    txid: paying.getId(),
    index: 0,
    ...(proof === 'claim' ? {} : { nonWitnessUtxo }),
    ...(proof === 'transaction' ? {} : { witnessUtxo }),
  }
}

/** An unsigned transaction. */
export function transactionOf(
  inputs: readonly ReturnType<typeof inputOf>[],
  outputs: readonly { script: Uint8Array; amount: bigint }[],
): scure.Transaction {
  const tx = new scure.Transaction({ allowUnknownOutputs: true, allowLegacyWitnessUtxo: true })
  for (const input of inputs) tx.addInput(input)
  for (const output of outputs) tx.addOutput(output)
  return tx
}

export function psbtOf(tx: scure.Transaction, version = 0): string {
  return toHex(tx.toPSBT(version))
}

/**
 * Verifies the signatures of all inputs, and finalizes them with both libraries.
 * @returns the id that the transaction had without its scripts
 */
export function finalized(psbt: string): string {
  const theirs = Psbt.fromHex(psbt)
  if (!theirs.validateSignaturesOfAllInputs(verifyBitcoin)) throw new Error('a bad signature')
  const extracted = theirs.finalizeAllInputs().extractTransaction(true)
  const tx = scure.Transaction.fromPSBT(Buffer.from(psbt, 'hex'), { allowUnknownOutputs: true })
  tx.finalize()
  if (toHex(tx.extract()) !== extracted.toHex()) throw new Error('the libraries disagree')
  for (const input of extracted.ins) input.script = new Uint8Array()
  return extracted.getId()
}

/** Verifies a signature of either kind, as bitcoinjs-lib asks for it. */
function verifyBitcoin(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (key.length === 32) return schnorr.verify(signature, digest, key)
  return secp256k1.verify(signature, digest, key, { prehash: false })
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
