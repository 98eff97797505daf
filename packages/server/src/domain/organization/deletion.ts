// Deleting an organization: what must have been taken out of it before.
import type { Snapshot } from './model.ts'

/** Whether it holds a wallet or a private key that nobody has exported. */
export function holdsUnexported({ wallets, privateKeys }: Snapshot): boolean {
  return [...wallets.values(), ...privateKeys.values()].some(({ exported }) => !exported)
}
