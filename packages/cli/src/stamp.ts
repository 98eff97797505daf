// X-Stamp for requests from the shell: a P-256 signature over the body.
import { encodeEcdsaDer, sha256, signP256 } from '@keystead/crypto/node'

/** The value of `X-Stamp`: base64url of `{publicKey, scheme, signature}` (stamps page). */
export function stampBody(
  key: { apiPublicKey: string; apiPrivateKey: string },
  body: Buffer,
): string {
  const { r, s } = signP256(Buffer.from(key.apiPrivateKey, 'hex'), sha256(body))
  const stamp = {
    publicKey: key.apiPublicKey,
    scheme: 'SIGNATURE_SCHEME_TK_API_P256',
    signature: encodeEcdsaDer(r, s).toString('hex'),
  }
  return Buffer.from(JSON.stringify(stamp)).toString('base64url')
}
