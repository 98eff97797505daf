// When the platform lets us down: no native binding, or a computation that goes wrong.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const index = new URL('../src/node/index.ts', import.meta.url).href

/** Runs `expression` over the package in a new process, after `prelude`; gives what it prints. */
function runAfter(prelude: string, expression: string): string {
  const script = `${prelude}
    const run = (keystead) => ${expression}
    import(${JSON.stringify(index)}).then(run).catch((error) => error.message).then(console.log)`
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  return child.stdout.trimEnd()
}

const interceptBinding = (replacement: string) => `
  import Module from 'node:module'
  const load = Module._load
  const wrap = (find) => ${replacement}
  Module._load = (id, ...rest) =>
    id === 'node-gyp-build' ? wrap(load(id, ...rest)) : load(id, ...rest)`

const missing = interceptBinding(`() => { throw new Error('No native build was found') }`)
const faultySigning = interceptBinding(`(folder) => {
  const { Secp256k1 } = find(folder)
  return {
    Secp256k1: class extends Secp256k1 {
      ecdsaSign(output, ...rest) {
        const code = super.ecdsaSign(output, ...rest)
        output.signature[40] ^= 1
        return code
      }
    },
  }
}`)
const faultyAddition = interceptBinding(`(folder) => {
  const { Secp256k1 } = find(folder)
  return {
    Secp256k1: class extends Secp256k1 {
      privateKeyTweakAdd(key, ...rest) {
        const code = super.privateKeyTweakAdd(key, ...rest)
        key[31] ^= 1
        return code
      }
    },
  }
}`)
// The generator: a valid point, but not the public key of the key that signs.
const faultyPublicKey = `
  import { ECDH } from 'node:crypto'
  ECDH.prototype.getPublicKey = () => Buffer.from(
    '036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', 'hex')`

const sign = (name: string) =>
  `keystead.${name}(Buffer.alloc(32, 0x11), Buffer.alloc(32, 0x22)).r.length`

test('the import succeeds with the binding', () => {
  expect(runAfter('', `'loaded'`)).toBe('loaded')
})

test('the import fails without it in one line, although a fallback would load', () => {
  const output = runAfter(missing, `'loaded'`)
  expect(output).toMatch(/^no native secp256k1 binding for this platform: [^\n]*$/)
})

test('a known public key does not switch the self-check off', () => {
  const key = 'Buffer.alloc(32, 0x11)'
  const known = (form: string) => `keystead.uncompressPublicKey('secp256k1', ${form})`
  const compressed = `keystead.publicKeyOf('secp256k1', ${key})`
  const signWith = (publicKey: string) =>
    `keystead.signSecp256k1(${key}, Buffer.alloc(32, 0x22), ${publicKey}).r.length`
  for (const publicKey of [compressed, known(compressed)]) {
    expect(runAfter('', signWith(publicKey))).toBe('32')
    expect(runAfter(faultySigning, signWith(publicKey))).toBe('signature self-check failed')
  }
})

test('signSchnorr gives no signature that fails its self-check', () => {
  const signing = 'keystead.signSchnorr(Buffer.alloc(32, 0x11), Buffer.alloc(32, 0x22)).length'
  expect(runAfter('', signing)).toBe('64')
  expect(runAfter(faultyAddition, signing)).toBe('signature self-check failed')
})

test.each([
  ['signSecp256k1', faultySigning],
  ['signP256', faultyPublicKey],
])('%s gives no signature that fails its self-check', (name, fault) => {
  expect(runAfter('', sign(name))).toBe('32')
  expect(runAfter(fault, sign(name))).toBe('signature self-check failed')
})
