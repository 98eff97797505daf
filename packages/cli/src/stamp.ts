// X-Stamp for requests from the shell: a signature over the body.
import { encodeEcdsaDer, sha256, signEd25519, signP256, signSecp256k1 } from '@keystead/crypto/node'
import { type ApiKey, STAMP_SCHEMES } from './apiKeys.ts'

/** The value of `X-Stamp`: base64url of `{publicKey, scheme, signature}` (stamps page). */
export function stampBody(key: ApiKey, body: Buffer): string {
  const stamp = {
    publicKey: key.publicKey,
    scheme: STAMP_SCHEMES[key.curve],
    signature: signatureOf(key, body).toString('hex'),
  }
  return Buffer.from(JSON.stringify(stamp)).toString('base64url')
}

function signatureOf({ curve, privateKey }: ApiKey, body: Buffer): Buffer {
  if (curve === 'ed25519') return signEd25519(privateKey, body)
  const sign = curve === 'p256' ? signP256 : signSecp256k1
  const { r, s } = sign(privateKey, sha256(body))
  return encodeEcdsaDer(r, s)
}
