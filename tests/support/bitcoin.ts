// bitcoinjs-lib with the arithmetic that it wants to be given: noble's, which is not ours.
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { initEccLib } from 'bitcoinjs-lib'

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

/** Verifies a signature of either kind, as bitcoinjs-lib asks for it. */
export function verifyBitcoin(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (key.length === 32) return schnorr.verify(signature, digest, key)
  return secp256k1.verify(signature, digest, key, { prehash: false })
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
