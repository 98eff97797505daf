// Bitcoin transactions, as policies see them and as they are signed.
import {
  bitcoinAddressOf,
  bitcoinFormatOf,
  type BitcoinTransaction,
  outputScripts,
  parsePsbt,
} from '@keystead/crypto/node'
import { lazy } from '@keystead/policy'
import { isTaproot } from '../keyvault/keyvault.ts'
import type { Move, ParsedTransaction, Signing, TransactionSigner } from './chain.ts'

type Outputs = BitcoinTransaction['outputs']

/** What limits call the fee, which nobody receives who has an address. */
const FEE = 'fee'

export function parseBitcoin(bytes: Buffer): ParsedTransaction {
  const parsed = parsePsbt(bytes)
  if (!parsed.ok) return parsed
  const { transaction } = parsed
  const { outputs } = transaction
  const signingBy = remembered((signer: TransactionSigner) =>
    transaction.signingBy({ publicKey: signer.publicKey, isTaproot: isTaproot(signer) }),
  )
  return {
    ok: true,
    transaction: {
      curve: 'secp256k1',
      facts: (signer) => ({ bitcoin: { tx: lazy(() => describe(outputs, signer)) } }),
      moves: (signer) => ({
        measure: 'satoshis',
        to: movesOf(outputs, feeOf(signingBy(signer)), signer),
      }),
      signingBy: (signer) => toSigning(signingBy(signer)),
    },
  }
}

/** Limits and the signatures ask for the same, and to hash many inputs takes long. */
function remembered<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { value: V }>()
  return (key) => {
    const entry = known.get(key) ?? { value: compute(key) }
    known.set(key, entry)
    return entry.value
  }
}

type Signed = ReturnType<BitcoinTransaction['signingBy']>

function toSigning(signed: Signed): Signing | null {
  return signed?.ok ? { ok: true, messages: signed.digests, assemble: signed.assemble } : signed
}

function feeOf(signed: Signed): bigint | null {
  return signed?.ok ? signed.fee : null
}

/**
 * SECURITY: addresses are spelled for the network of the signer's own address. Signed by a key that
 * was not named by such an address, they are undefined, so reading them is an error.
 */
function describe(outputs: Outputs, signer: TransactionSigner) {
  return {
    outputs: outputs.map(({ script, amount }) => ({
      address: receiver(script, signer),
      value: amount,
    })),
  }
}

/** Empty when the output has no address; undefined when nobody knows for which network it is. */
function receiver(script: Buffer, { addressFormat }: TransactionSigner): string | undefined {
  const format = addressFormat === null ? undefined : bitcoinFormatOf(addressFormat)
  return format && (bitcoinAddressOf(format.network, script) ?? '')
}

/**
 * What goes to others, and the fee: all of it, whoever else has inputs. Null when the fee is not
 * certain.
 */
function movesOf(
  outputs: Outputs,
  fee: bigint | null,
  signer: TransactionSigner,
): readonly Move[] | null {
  if (fee === null) return null
  const own = Object.values(outputScripts).map((scriptOf) => scriptOf(signer.publicKey))
  const paid = outputs
    .filter(({ script, amount }) => amount > 0n && !own.some((one) => one.equals(script)))
    .map(({ script, amount }) => ({ destination: receiver(script, signer) ?? '', amount }))
  return [...paid, { destination: FEE, amount: fee }]
}
