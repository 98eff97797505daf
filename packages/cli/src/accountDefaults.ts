// The curve and the path that accounts of an address format usually have, where none is given.
import { UsageError } from './command.ts'

interface Usual {
  curve: string
  path: (index: number) => string
}

const secp256k1 = (path: Usual['path']): Usual => ({ curve: 'CURVE_SECP256K1', path })
const ed25519 = (path: Usual['path']): Usual => ({ curve: 'CURVE_ED25519', path })
const plain = secp256k1((index) => `m/${index}'`)

/** Five forms of each Bitcoin network; `coin` is 0 on the main network, 1 elsewhere (SLIP-44). */
function bitcoin(network: string, coin: 0 | 1): [string, Usual][] {
  const form = (name: string, path: Usual['path']): [string, Usual] => [
    `BITCOIN_${network}_${name}`,
    secp256k1(path),
  ]
  return [
    form('P2PKH', (index) => `m/44'/${coin}'/${index}'/0/0`),
    form('P2SH', (index) => `m/49'/${coin}'/${index}'/0/0`),
    form('P2WPKH', (index) => `m/84'/${coin}'/${index}'/0/0`),
    form('P2WSH', (index) => `m/48'/${coin}'/${index}'/2'/0/0`),
    form('P2TR', (index) => `m/86'/${coin}'/${index}'/0/0`),
  ]
}

/** As the published clients have them, without `ADDRESS_FORMAT_`; the P2SH purpose is BIP 49's. */
const USUAL: ReadonlyMap<string, Usual> = new Map([
  ['UNCOMPRESSED', plain],
  ['COMPRESSED', plain],
  ['ETHEREUM', secp256k1((index) => `m/44'/60'/${index}'/0/0`)],
  ['COSMOS', secp256k1((index) => `m/44'/118'/${index}'/0/0`)],
  ['SOLANA', ed25519((index) => `m/44'/501'/${index}'/0'`)],
  ['TRON', secp256k1((index) => `m/44'/195'/${index}'/0/0`)],
  ['SUI', ed25519((index) => `m/44'/784'/${index}'/0'/0'`)],
  ['APTOS', ed25519((index) => `m/44'/637'/${index}'/0'/0'`)],
  ['SEI', secp256k1((index) => `m/44'/118'/${index}'/0/0`)],
  ['XLM', ed25519((index) => `m/44'/148'/${index}'`)],
  ['DOGE_MAINNET', secp256k1((index) => `m/44'/3'/${index}'/0/0`)],
  ['DOGE_TESTNET', secp256k1((index) => `m/44'/1'/${index}'/0/0`)],
  ['TON_V3R2', ed25519((index) => `m/44'/607'/${index}'/0'/0'`)],
  ['TON_V4R2', ed25519((index) => `m/44'/607'/${index}'/0'/0'`)],
  ['TON_V5R1', ed25519((index) => `m/44'/607'/${index}'/0'/0'`)],
  ['XRP', secp256k1((index) => `m/44'/144'/${index}'/0/0`)],
  ...bitcoin('MAINNET', 0),
  ...bitcoin('TESTNET', 1),
  ...bitcoin('SIGNET', 1),
  ...bitcoin('REGTEST', 1),
])

function usualOf(addressFormat: string): Usual | undefined {
  return USUAL.get(addressFormat.replace('ADDRESS_FORMAT_', ''))
}

/** The curve that keys of a format usually are on. @throws UsageError for a format without one */
export function curveOf(addressFormat: string): string {
  const usual = usualOf(addressFormat)
  if (usual !== undefined) return usual.curve
  throw new UsageError(`--curve is required for ${addressFormat}, which has no usual one`)
}

/**
 * The path of the account number `index`, from 0.
 *
 * @throws UsageError for a format without a usual one
 */
export function accountPath(addressFormat: string, index: number): string {
  const usual = usualOf(addressFormat)
  if (usual !== undefined) return usual.path(index)
  throw new UsageError(`--path is required for ${addressFormat}, which has no usual one`)
}
