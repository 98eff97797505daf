// Strict decoding of text that came from outside: one spelling per value, or nothing.

/**
 * Decodes unpadded base64url (RFC 4648 section 5).
 *
 * @returns undefined for padding, foreign characters, white space, or bits left over that are not 0
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/**
 * Decodes hexadecimal of either case (RFC 4648 section 8), without `0x`.
 *
 * @returns undefined for an odd number of digits or foreign characters
 */
export function decodeHex(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'hex')
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined
}
