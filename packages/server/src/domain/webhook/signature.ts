// Signatures of events: Standard Webhooks with a shared secret and with our key, and Turnkey's headers.
import { hmacSha256, signEd25519 } from '@keystead/crypto/node'
import type { DataKey } from '../keyvault/dataKeys.ts'
import type { InstanceKeys } from '../keyvault/instanceKeys.ts'
import type { WebhookEvent } from './event.ts'

/**
 * The secret that an organization shares with the receiver at `url`, as `whsec_` and base64. Another
 * URL has another secret, so that who received events before cannot forge later ones.
 */
export function sharedSecret(dataKey: DataKey, url: string): string {
  return `whsec_${secretBytes(dataKey, url).toString('base64')}`
}

function secretBytes(dataKey: DataKey, url: string): Buffer {
  return hmacSha256(dataKey.webhookKey(), Buffer.from(url))
}

/**
 * The headers of one attempt.
 * SPEC: standardwebhooks.com, "Signature scheme": `v1` HMAC-SHA256, `v1a` Ed25519, over
 * `<id>.<seconds>.<body>`; and of `@turnkey/crypto`, `verifyTurnkeyWebhookSignature`.
 */
export function signedHeaders(
  keys: { instance: InstanceKeys; dataKey: DataKey },
  { id, body }: WebhookEvent,
  sent: { url: string; atMs: number },
): Record<string, string> {
  const privateKey = keys.instance.secret('webhook')
  const seconds = Math.floor(sent.atMs / 1000)
  const standard = signedBytes(`${id}.${seconds}.`, body)
  const shared = hmacSha256(secretBytes(keys.dataKey, sent.url), standard)
  const signingKeyId = keys.instance.keyId('webhook')
  const turnkey = signedBytes(`v1.ed25519.${signingKeyId}.${sent.atMs}.${id}.`, body)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': [
      `v1,${shared.toString('base64')}`,
      `v1a,${signEd25519(privateKey, standard).toString('base64')}`,
    ].join(' '),
    'x-turnkey-timestamp': String(sent.atMs),
    'x-turnkey-event-id': id,
    'x-turnkey-signature-key-id': signingKeyId,
    'x-turnkey-signature-algorithm': 'ed25519',
    'x-turnkey-signature-version': 'v1',
    'x-turnkey-signature': signEd25519(privateKey, turnkey).toString('hex'),
  }
}

function signedBytes(prefix: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(prefix), body])
}
