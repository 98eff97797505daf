// Client data (WebAuthn Level 3, section 5.8.1): what a browser or an app says of a ceremony.
import { ensure } from './refusal.ts'

export interface ClientData {
  type: string
  challenge: string
  origin: string
  /** The page around the frame that asked; null: not in a frame of another origin. */
  topOrigin: string | null
}

/** @throws Refusal when it is not JSON with these members */
export function parseClientData(bytes: Buffer): ClientData {
  const { type, challenge, origin, topOrigin } = jsonObject(bytes)
  ensure(typeof type === 'string', 'client data has no type')
  ensure(typeof challenge === 'string', 'client data has no challenge')
  ensure(typeof origin === 'string', 'client data has no origin')
  ensure(topOrigin === undefined || typeof topOrigin === 'string', 'topOrigin is not text')
  return { type, challenge, origin, topOrigin: topOrigin ?? null }
}

function jsonObject(bytes: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(bytes.toString('utf8'))
  ensure(typeof value === 'object' && value !== null, 'client data is not an object')
  return { ...value }
}
