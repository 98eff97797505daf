// Reads bytes from front to back, and refuses instead of reading beyond the end.
import { refuse } from './verdict.ts'

const compactBitsPerByte = 7
const compactBytesMax = 3
const uint16Max = 0xffff
const compactSizeLong = 0xfd

export class ByteReader {
  readonly #bytes: Buffer
  readonly #what: string
  #at = 0

  /** @param what what the bytes are, for the reason of a refusal */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes
    this.#what = what
  }

  /** A view of the next bytes. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) refuse(`${this.#what} ends early`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1).readUInt8()
  }

  /** 32 bits, little-endian. */
  uint32(): number {
    return this.take(4).readUInt32LE()
  }

  /** 64 bits, little-endian. */
  uint64(): bigint {
    return this.take(8).readBigUInt64LE()
  }

  /** The length prefix of Solana's lists: 7 bits a byte, the lowest first, in its shortest form. */
  compactU16(): number {
    let value = 0
    for (let at = 0; at < compactBytesMax; at++) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** (compactBitsPerByte * at)
      if (byte >= 0x80) continue
      if (byte === 0 && at > 0)
        refuse(`${this.#what} has a length that is not in its shortest form`)
      if (value > uint16Max) break
      return value
    }
    return refuse(`${this.#what} has a length over 65535`)
  }

  /** Bitcoin's length prefix (CompactSize), in its shortest form; below 2^32. */
  compactSize(): number {
    const first = this.byte()
    if (first < compactSizeLong) return first
    if (first > compactSizeLong + 1) refuse(`${this.#what} has a length of 2^32 or more`)
    const isTwoBytes = first === compactSizeLong
    const value = isTwoBytes ? this.take(2).readUInt16LE() : this.uint32()
    if (value < (isTwoBytes ? compactSizeLong : uint16Max + 1)) {
      refuse(`${this.#what} has a length that is not in its shortest form`)
    }
    return value
  }

  /** Bytes after their length as {@link compactSize}. */
  sized(): Buffer {
    return this.take(this.compactSize())
  }

  /** Whether nothing is left. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** All that is left. */
  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at)
  }

  end(): void {
    if (!this.isAtEnd) refuse(`${this.#what} has trailing bytes`)
  }
}
