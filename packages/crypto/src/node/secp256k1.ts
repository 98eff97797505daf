// Loads the native secp256k1 binding once and refuses to run without it.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'

type Binding = typeof import('secp256k1')

function loadBinding(): Binding {
  try {
    // SECURITY: the package's main entry falls back silently to JavaScript that is 15 times slower
    // and not constant time; this path has no fallback.
    return createRequire(import.meta.url)('secp256k1/bindings.js') as Binding
  } catch (cause) {
    throw new Error(
      'no native secp256k1 binding for this platform: install a C++ compiler, then run `npm rebuild secp256k1`',
      { cause },
    )
  }
}

/** libsecp256k1, native, with its context blinded against side channels. */
export const secp256k1 = loadBinding()
secp256k1.contextRandomize(randomBytes(32))
