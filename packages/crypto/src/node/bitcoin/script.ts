// Scripts of outputs: the standard forms, and which keys a script is about.
import { hash160, sha256 } from '../hash.ts'
import { taprootOutputKey } from './schnorr.ts'

const op = {
  pushData1: 0x4c,
  pushData4: 0x4e,
  one: 0x51,
  sixteen: 0x60,
  dup: 0x76,
  equal: 0x87,
  equalVerify: 0x88,
  hash160: 0xa9,
  codeSeparator: 0xab,
  checkSig: 0xac,
} as const

/** Forms of an output that one key alone spends. */
export type OutputForm = 'p2pkh' | 'p2sh' | 'p2wpkh' | 'p2wsh' | 'p2tr'

/**
 * The script that pays a key, by form: P2SH is P2WPKH in it (BIP-49), P2WSH `<key> OP_CHECKSIG`,
 * P2TR the key without scripts (BIP-86). Keys are compressed.
 */
export const outputScripts: Readonly<Record<OutputForm, (publicKey: Uint8Array) => Buffer>> = {
  p2pkh: (publicKey) => payToKeyHash(hash160(publicKey)),
  p2sh: (publicKey) => payToScriptHash(outputScripts.p2wpkh(publicKey)),
  p2wpkh: (publicKey) => witnessProgram(0, hash160(publicKey)),
  p2wsh: (publicKey) => witnessProgram(0, sha256(payToKey(publicKey))),
  p2tr: (publicKey) => witnessProgram(1, taprootOutputKey(publicKey)),
}

/** What an output's script says; of others nothing is known. */
export type OutputScript =
  | Readonly<{ kind: 'keyHash' | 'scriptHash'; hash: Buffer }>
  | Readonly<{ kind: 'witness'; version: number; program: Buffer }>
  | Readonly<{ kind: 'other' }>

/** Recognizes P2PKH, P2SH and witness programs of any version (BIP-141). */
export function readOutputScript(script: Buffer): OutputScript {
  const keyHash = script.subarray(3, 23)
  if (script.equals(payToKeyHash(keyHash))) return { kind: 'keyHash', hash: keyHash }
  const scriptHash = script.subarray(2, 22)
  if (script.equals(hashScript(scriptHash))) return { kind: 'scriptHash', hash: scriptHash }
  return readWitnessProgram(script) ?? { kind: 'other' }
}

function readWitnessProgram(script: Buffer): OutputScript | undefined {
  const [first, length] = script
  if (first === undefined || length !== script.length - 2) return undefined
  if (length < 2 || length > 40) return undefined
  const isNumber = first >= op.one && first <= op.sixteen
  if (first !== 0 && !isNumber) return undefined
  const version = isNumber ? first - op.one + 1 : 0
  return { kind: 'witness', version, program: script.subarray(2) }
}

/** The script of P2PKH, which is also what a P2WPKH input runs. */
export function payToKeyHash(hash: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.of(op.dup, op.hash160, hash.length),
    hash,
    Buffer.of(op.equalVerify, op.checkSig),
  ])
}

/** The P2SH output of a redeem script. */
export function payToScriptHash(redeemScript: Uint8Array): Buffer {
  return hashScript(hash160(redeemScript))
}

/** The output of a witness program, 2 to 40 bytes. */
export function witnessProgram(version: number, program: Uint8Array): Buffer {
  const first = version === 0 ? 0 : op.one + version - 1
  return Buffer.concat([Buffer.of(first, program.length), program])
}

/**
 * Tells whether a signature of this key may be part of what a script wants: it pushes the key or its
 * hash. A script that does not parse to its end is about no key, nor is one with
 * OP_CODESEPARATOR, of which a signature would cover only a part.
 *
 * @param publicKey - compressed
 */
export function scriptsAbout(publicKey: Uint8Array): (script: Buffer) => boolean {
  const names = [Buffer.from(publicKey), hash160(publicKey)]
  return (script) =>
    pushesOf(script)?.some((push) => names.some((name) => name.equals(push))) ?? false
}

function pushesOf(script: Buffer): Buffer[] | undefined {
  const pushes: Buffer[] = []
  let at = 0
  while (at < script.length) {
    const code = script[at] ?? 0
    at += 1
    if (code === op.codeSeparator) return undefined
    if (code > op.pushData4) continue
    const lengthBytes = code < op.pushData1 ? 0 : 2 ** (code - op.pushData1)
    if (at + lengthBytes > script.length) return undefined
    const length = lengthBytes === 0 ? code : script.readUIntLE(at, lengthBytes)
    at += lengthBytes + length
    if (at > script.length) return undefined
    pushes.push(script.subarray(at - length, at))
  }
  return pushes
}

function payToKey(publicKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(publicKey.length), publicKey, Buffer.of(op.checkSig)])
}

function hashScript(hash: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(op.hash160, hash.length), hash, Buffer.of(op.equal)])
}
