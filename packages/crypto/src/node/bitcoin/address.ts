// Addresses of Bitcoin and Dogecoin: an output's script, as people spell it.
import { bech32, bech32m, createBase58check } from '@scure/base'
import type { Curve } from '../curve.ts'
import { sha256 } from '../hash.ts'
import { type OutputForm, outputScripts, readOutputScript } from './script.ts'

const base58check = createBase58check(sha256)

/** The networks of Bitcoin. Testnet and signet have the same addresses. */
export type BitcoinNetwork = 'mainnet' | 'testnet' | 'signet' | 'regtest'

/** First bytes in Base58Check, and the human-readable part where there are witness programs. */
type Prefixes = Readonly<{ keyHash: number; scriptHash: number; hrp: string | null }>

const testnet: Prefixes = { keyHash: 0x6f, scriptHash: 0xc4, hrp: 'tb' }

const bitcoin: Readonly<Record<BitcoinNetwork, Prefixes>> = {
  mainnet: { keyHash: 0x00, scriptHash: 0x05, hrp: 'bc' },
  testnet,
  signet: testnet,
  regtest: { ...testnet, hrp: 'bcrt' },
}

const dogecoin = {
  mainnet: { keyHash: 0x1e, scriptHash: 0x16, hrp: null },
  testnet: { keyHash: 0x71, scriptHash: 0xc4, hrp: null },
} as const satisfies Record<string, Prefixes>

const forms: readonly OutputForm[] = ['p2pkh', 'p2sh', 'p2wpkh', 'p2wsh', 'p2tr']

type BitcoinFormat = `bitcoin_${BitcoinNetwork}_${OutputForm}`

/** The formats of {@link bitcoinFormats}, such as `bitcoin_mainnet_p2wpkh`. */
export type BitcoinAddressFormat = BitcoinFormat | `doge_${keyof typeof dogecoin}`

type Row = Readonly<{
  curves: readonly Curve[]
  encode: (publicKey: Uint8Array) => string
}>

const kinds: ReadonlyMap<string, Readonly<{ network: BitcoinNetwork; form: OutputForm }>> = new Map(
  (Object.keys(bitcoin) as BitcoinNetwork[]).flatMap((network) =>
    forms.map((form) => [`bitcoin_${network}_${form}`, { network, form }] as const),
  ),
)

/** Rows for the table of address formats: four networks in five forms each, and Dogecoin. */
export const bitcoinFormats = Object.fromEntries([
  ...[...kinds].map(([name, { network, form }]) => [name, row(bitcoin[network], form)] as const),
  ...Object.entries(dogecoin).map(([name, prefixes]) => [`doge_${name}`, row(prefixes, 'p2pkh')]),
]) as Readonly<Record<BitcoinAddressFormat, Row>>

/** The network and form of an address format of Bitcoin; undefined for all others. */
export function bitcoinFormatOf(
  format: string,
): Readonly<{ network: BitcoinNetwork; form: OutputForm }> | undefined {
  return kinds.get(format)
}

/**
 * The address of an output's script: Base58Check for P2PKH and P2SH, Bech32 for witness programs of
 * version 0 (BIP-173), Bech32m for later ones (BIP-350).
 *
 * @returns undefined when the script has no address
 */
export function bitcoinAddressOf(network: BitcoinNetwork, script: Buffer): string | undefined {
  return spell(bitcoin[network], script)
}

function row(prefixes: Prefixes, form: OutputForm): Row {
  const encode = (publicKey: Uint8Array) => {
    const address = spell(prefixes, outputScripts[form](publicKey))
    if (address === undefined) throw new Error('this network has no such addresses')
    return address
  }
  return { curves: ['secp256k1'], encode }
}

function spell({ keyHash, scriptHash, hrp }: Prefixes, script: Buffer): string | undefined {
  const output = readOutputScript(script)
  switch (output.kind) {
    case 'keyHash':
      return base58check.encode(Buffer.concat([Buffer.of(keyHash), output.hash]))
    case 'scriptHash':
      return base58check.encode(Buffer.concat([Buffer.of(scriptHash), output.hash]))
    case 'witness':
      return hrp === null ? undefined : spellProgram(hrp, output.version, output.program)
    case 'other':
      return undefined
  }
}

function spellProgram(hrp: string, version: number, program: Buffer): string | undefined {
  // SPEC: BIP-141: any other length of version 0 cannot be spent.
  if (version === 0 && program.length !== 20 && program.length !== 32) return undefined
  const code = version === 0 ? bech32 : bech32m
  return code.encode(hrp, [version, ...code.toWords(program)])
}
