// Attestation statements (WebAuthn Level 3, section 8), by format.
import { ensure, Refusal } from '../refusal.ts'
import { verifyAndroidKey } from './androidKey.ts'
import { verifyApple } from './apple.ts'
import { verifyFidoU2f } from './fidoU2f.ts'
import { verifyPacked } from './packed.ts'
import type { Attested } from './attested.ts'
import { verifyTpm } from './tpm.ts'

/** SECURITY: a Map, since the format is text from outside. */
const FORMATS: ReadonlyMap<string, (attested: Attested) => void> = new Map([
  ['none', verifyNone],
  ['packed', verifyPacked],
  ['fido-u2f', verifyFidoU2f],
  ['apple', verifyApple],
  ['android-key', verifyAndroidKey],
  ['tpm', verifyTpm],
])

/** @throws Refusal, or what the platform throws for bytes that are no certificate or key */
export function verifyAttestation(format: string, attested: Attested): void {
  const verifyFormat = FORMATS.get(format)
  if (verifyFormat === undefined) throw new Refusal(`attestation format ${format}`)
  verifyFormat(attested)
}

function verifyNone({ statement }: Attested): void {
  ensure(statement.size === 0, 'a statement of format none says something')
}
