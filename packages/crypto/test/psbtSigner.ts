// Signs PSBTs as the server does: digests and signatures of the package, no library.
import {
  type BitcoinTransaction,
  parsePsbt,
  publicKeyOf,
  signSchnorr,
  signSecp256k1,
  taprootPrivateKey,
} from '../src/node/index.ts'
import { hex } from './vectors.ts'

/** The transaction in a PSBT that is not refused. */
export function transactionIn(psbt: string): BitcoinTransaction {
  const verdict = parsePsbt(hex(psbt))
  if (!verdict.ok) throw new Error(verdict.reason)
  return verdict.transaction
}

/** The PSBT with the signatures of a key that has some to make. */
export function signPsbt(psbt: string, privateKey: Buffer, isTaproot: boolean): string {
  const publicKey = publicKeyOf('secp256k1', privateKey)
  const signing = transactionIn(psbt).signingBy({ publicKey, isTaproot })
  if (!signing?.ok) throw new Error(signing?.reason ?? 'no input of this key')
  const sign = (digest: Buffer) => {
    if (!isTaproot) return signSecp256k1(privateKey, digest)
    const signature = signSchnorr(taprootPrivateKey(privateKey), digest)
    return { r: signature.subarray(0, 32), s: signature.subarray(32) }
  }
  return signing.assemble(signing.digests.map(sign)).toString('hex')
}
