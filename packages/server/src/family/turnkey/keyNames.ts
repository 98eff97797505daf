// The wire's names of curves and address formats: ours in capitals, behind a prefix.
import { type AddressFormat, addressFormats, type Curve } from '@keystead/crypto/node'
import { oneOf } from '../../operation/schemas.ts'

const CURVES = ['secp256k1', 'ed25519', 'p256'] as const satisfies readonly Curve[]
const FORMATS = Object.keys(addressFormats) as AddressFormat[]

// Policies see parameters as these schemas read them: they keep the names of the wire.

export const curve = oneOf(CURVES.map(wireCurve), {
  invalid: 'invalid curve',
  missing: 'curve required',
})

export const addressFormat = oneOf(FORMATS.map(wireAddressFormat), {
  invalid: 'invalid address format',
  missing: 'invalid address format',
})

/** The curve of that name. @throws Error for a name that `curve` does not let through */
export const ownCurve = ownName(wireCurve, CURVES)

/** The format of that name. @throws Error for a name that `addressFormat` does not let through */
export const ownAddressFormat = ownName(wireAddressFormat, FORMATS)

export function wireCurve(name: Curve): string {
  return `CURVE_${name.toUpperCase()}`
}

export function wireAddressFormat(name: AddressFormat): string {
  return `ADDRESS_FORMAT_${name.toUpperCase()}`
}

function ownName<V>(wireOf: (value: V) => string, values: readonly V[]) {
  const byName = new Map(values.map((value) => [wireOf(value), value]))
  return (name: string): V => {
    const own = byName.get(name)
    if (own === undefined) throw new Error(`\`${name}\` passed the enumeration`)
    return own
  }
}
