// Root keys: what every data key is wrapped by, in memory only while the server is unsealed.
import { randomBytes } from 'node:crypto'

const KEY_BYTES = 32

/** A root key and its version, counted from 1. */
export interface RootKey {
  version: number
  /** 32 bytes. */
  key: Buffer
}

/** The root keys that a process knows: the newest wraps, each unwraps what it has wrapped. */
export class RootKeys {
  readonly #keys = new Map<number, Buffer>()

  /** @throws Error when there is none, or one is not 32 bytes */
  constructor(keys: readonly RootKey[]) {
    if (keys.length === 0) throw new Error('there is no root key')
    for (const key of keys) this.add(key)
  }

  static generate(): RootKeys {
    return new RootKeys([{ version: 1, key: randomBytes(KEY_BYTES) }])
  }

  /** Reads what `toText` wrote. */
  static fromText(text: string): RootKeys {
    const entries = JSON.parse(text) as [number, string][]
    return new RootKeys(
      entries.map(([version, hex]) => ({ version, key: Buffer.from(hex, 'hex') })),
    )
  }

  /** SECURITY: the keys themselves, for another process of this server. */
  toText(): string {
    return JSON.stringify([...this.#keys].map(([version, key]) => [version, key.toString('hex')]))
  }

  get newest(): RootKey {
    const version = Math.max(...this.#keys.keys())
    return { version, key: this.key(version) }
  }

  /** Every key that is known, oldest first. */
  get all(): RootKey[] {
    return [...this.#keys].map(([version, key]) => ({ version, key })).sort(byVersion)
  }

  has(version: number): boolean {
    return this.#keys.has(version)
  }

  /** Forgets the keys before that version, which wrap nothing any more. */
  forgetBefore(version: number): void {
    for (const known of this.#keys.keys()) if (known < version) this.#keys.delete(known)
  }

  /** @throws Error when that version is not known */
  key(version: number): Buffer {
    const key = this.#keys.get(version)
    if (key === undefined) throw new Error(`root key version ${version} is not known`)
    return key
  }

  add({ version, key }: RootKey): void {
    if (key.length !== KEY_BYTES) throw new Error('a root key is 32 bytes')
    this.#keys.set(version, key)
  }
}

function byVersion(a: RootKey, b: RootKey): number {
  return a.version - b.version
}
