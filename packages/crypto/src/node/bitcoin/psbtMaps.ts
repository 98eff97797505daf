// Partially signed transactions as maps of keys and values (BIP-174, BIP-370, BIP-371): read
// strictly, and written back byte for byte.
import { ByteReader } from '../byteReader.ts'
import { refuse } from '../verdict.ts'
import { writeCompactSize, writeSized } from './transaction.ts'

/** One entry: the type and what follows it in the key. */
type Pair = Readonly<{ type: number; keyData: Buffer; value: Buffer }>

/** One map in the order in which it came. */
export type PsbtMap = readonly Pair[]

/** All maps of a PSBT. */
export type PsbtMaps = Readonly<{
  version: 0 | 2
  global: PsbtMap
  inputs: readonly PsbtMap[]
  outputs: readonly PsbtMap[]
}>

type LengthRule = (length: number) => boolean

/** A field of a map; without `key`, its key is the type alone. */
type Field = Readonly<{
  name: string
  key?: LengthRule
  value?: LengthRule
  /** The only version that has it. */
  version?: 0 | 2
  required?: true
}>

const exactly =
  (...lengths: number[]): LengthRule =>
  (length) =>
    lengths.includes(length)

/** `first` bytes and any number of steps of `step`. */
const steps =
  (first: number, step: number): LengthRule =>
  (length) =>
    length >= first && (length - first) % step === 0

const publicKey = exactly(33, 65)
const schnorrSignature = exactly(64, 65)
const hash20 = exactly(20)
const hash32 = exactly(32)
const some: LengthRule = (length) => length > 0

const globalFields: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0x00, { name: 'unsigned_tx', version: 0, required: true }],
  [0x01, { name: 'xpub', key: exactly(78), value: steps(4, 4) }],
  [0x02, { name: 'tx_version', value: exactly(4), version: 2, required: true }],
  [0x03, { name: 'fallback_locktime', value: exactly(4), version: 2 }],
  [0x04, { name: 'input_count', value: some, version: 2, required: true }],
  [0x05, { name: 'output_count', value: some, version: 2, required: true }],
  [0x06, { name: 'tx_modifiable', value: exactly(1), version: 2 }],
  [0xfb, { name: 'version', value: exactly(4) }],
])

const inputFields: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0x00, { name: 'non_witness_utxo' }],
  [0x01, { name: 'witness_utxo' }],
  [0x02, { name: 'partial_sig', key: publicKey, value: some }],
  [0x03, { name: 'sighash_type', value: exactly(4) }],
  [0x04, { name: 'redeem_script' }],
  [0x05, { name: 'witness_script' }],
  [0x06, { name: 'bip32_derivation', key: publicKey, value: steps(4, 4) }],
  [0x07, { name: 'final_scriptsig' }],
  [0x08, { name: 'final_scriptwitness' }],
  [0x0a, { name: 'ripemd160', key: hash20 }],
  [0x0b, { name: 'sha256', key: hash32 }],
  [0x0c, { name: 'hash160', key: hash20 }],
  [0x0d, { name: 'hash256', key: hash32 }],
  [0x0e, { name: 'previous_txid', value: hash32, version: 2, required: true }],
  [0x0f, { name: 'output_index', value: exactly(4), version: 2, required: true }],
  [0x10, { name: 'sequence', value: exactly(4), version: 2 }],
  [0x11, { name: 'required_time_locktime', value: exactly(4), version: 2 }],
  [0x12, { name: 'required_height_locktime', value: exactly(4), version: 2 }],
  [0x13, { name: 'tap_key_sig', value: schnorrSignature }],
  [0x14, { name: 'tap_script_sig', key: exactly(64), value: schnorrSignature }],
  [0x15, { name: 'tap_leaf_script', key: steps(33, 32), value: some }],
  [0x16, { name: 'tap_bip32_derivation', key: hash32, value: some }],
  [0x17, { name: 'tap_internal_key', value: hash32 }],
  [0x18, { name: 'tap_merkle_root', value: hash32 }],
])

const outputFields: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0x00, { name: 'redeem_script' }],
  [0x01, { name: 'witness_script' }],
  [0x02, { name: 'bip32_derivation', key: publicKey, value: steps(4, 4) }],
  [0x03, { name: 'amount', value: exactly(8), version: 2, required: true }],
  [0x04, { name: 'script', version: 2, required: true }],
  [0x05, { name: 'tap_internal_key', value: hash32 }],
  [0x06, { name: 'tap_tree', value: some }],
  [0x07, { name: 'tap_bip32_derivation', key: hash32, value: some }],
])

const magic = Buffer.from('psbt\xff', 'latin1')
const globalVersion = 0xfb

/**
 * Reads all maps. Fields that are not known stay as they are.
 *
 * @param countOf - how many inputs and outputs there are, by the global map
 */
export function readPsbtMaps(
  bytes: Buffer,
  countOf: (version: 0 | 2, global: PsbtMap) => { inputs: number; outputs: number },
): PsbtMaps {
  if (!bytes.subarray(0, magic.length).equals(magic)) refuse('it does not begin as a PSBT does')
  const reader = new ByteReader(bytes.subarray(magic.length), 'the PSBT')
  const global = readMap(reader)
  const version = versionOf(global)
  checkMap(global, { fields: globalFields, version, what: 'global' })
  const count = countOf(version, global)
  const inputs = readMaps(reader, count.inputs, (map, at) =>
    checkMap(map, { fields: inputFields, version, what: `inputs[${at}]` }),
  )
  const outputs = readMaps(reader, count.outputs, (map, at) =>
    checkMap(map, { fields: outputFields, version, what: `outputs[${at}]` }),
  )
  reader.end()
  return { version, global, inputs, outputs }
}

/** The very bytes that {@link readPsbtMaps} would read as these maps. */
export function writePsbtMaps({ global, inputs, outputs }: PsbtMaps): Buffer {
  return Buffer.concat([magic, ...[global, ...inputs, ...outputs].flatMap(writeMap)])
}

/** The value of the field whose key is this type alone. */
export function valueOf(map: PsbtMap, type: number): Buffer | undefined {
  return map.find((pair) => pair.type === type && pair.keyData.length === 0)?.value
}

/** The map with this entry, in the place of the one with its key, else before the next greater. */
export function withPair(map: PsbtMap, pair: Pair): PsbtMap {
  const same = map.findIndex((other) => compareKeys(other, pair) === 0)
  if (same >= 0) return map.with(same, pair)
  const next = map.findIndex((other) => compareKeys(other, pair) > 0)
  return map.toSpliced(next < 0 ? map.length : next, 0, pair)
}

function readMaps(
  reader: ByteReader,
  count: number,
  check: (map: PsbtMap, at: number) => void,
): PsbtMap[] {
  const maps: PsbtMap[] = []
  for (let at = 0; at < count; at++) {
    const map = readMap(reader)
    check(map, at)
    maps.push(map)
  }
  return maps
}

function readMap(reader: ByteReader): PsbtMap {
  const pairs: Pair[] = []
  const keys = new Set<string>()
  for (;;) {
    const key = reader.sized()
    if (key.length === 0) return pairs
    const name = key.toString('hex')
    if (keys.has(name)) refuse(`the PSBT has the key \`${name}\` twice in one map`)
    keys.add(name)
    const inKey = new ByteReader(key, 'a key of the PSBT')
    const type = inKey.compactSize()
    pairs.push({ type, keyData: inKey.rest(), value: reader.sized() })
  }
}

function versionOf(global: PsbtMap): 0 | 2 {
  const value = valueOf(global, globalVersion)
  const version = value?.length === 4 ? value.readUInt32LE() : 0
  if (version !== 0 && version !== 2) return refuse(`PSBT version ${version} is not supported`)
  return version
}

function checkMap(
  map: PsbtMap,
  rules: { fields: ReadonlyMap<number, Field>; version: 0 | 2; what: string },
): void {
  const { fields, version, what } = rules
  for (const { type, keyData, value } of map) {
    const field = fields.get(type)
    if (field === undefined) continue
    const name = `${what}.${field.name}`
    if (!(field.key ?? exactly(0))(keyData.length)) refuse(`${name} has a malformed key`)
    if (field.value?.(value.length) === false) refuse(`${name} has a wrong length`)
    if ((field.version ?? version) !== version) refuse(`${name} is not of PSBT version ${version}`)
  }
  for (const [type, { name, required, version: only }] of fields) {
    if (required !== true || only !== version) continue
    if (valueOf(map, type) === undefined) refuse(`${what}.${name} is missing`)
  }
}

function compareKeys(a: Pair, b: Pair): number {
  return a.type === b.type ? Buffer.compare(a.keyData, b.keyData) : a.type - b.type
}

function writeMap(map: PsbtMap): Buffer[] {
  const pairs = map.flatMap(({ type, keyData, value }) => [
    writeSized(Buffer.concat([writeCompactSize(type), keyData])),
    writeSized(value),
  ])
  return [...pairs, Buffer.of(0)]
}
