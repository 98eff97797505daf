// The checksum that Stellar and TON addresses end with.

const POLYNOMIAL = 0x1021

/** CRC-16/XMODEM of `data`, 0 to 65535: polynomial 0x1021, initial value 0, not reflected. */
export function crc16(data: Uint8Array): number {
  let crc = 0
  for (const byte of data) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : ((crc << 1) & 0xffff) ^ POLYNOMIAL
    }
  }
  return crc
}
