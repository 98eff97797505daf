// What an operation may see and use while it runs.
import type { Actor } from '../domain/activity/activity.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import type { Snapshot } from '../domain/organization/snapshot.ts'
import type { ErrorCode, ErrorDetails } from '../errors.ts'
import type { Reader } from '../store/engine.ts'

/** Services that operations hand to domain functions. */
interface Services {
  keyvault: Keyvault
  reader: Reader
}

/** @template E the error codes that the operation's record declares */
export interface Context<E extends ErrorCode = ErrorCode> extends Services {
  /** The organization that the request targets, at the revision that was decided on. */
  organization: Snapshot
  /** Who submitted the request; may be a user of the parent organization. */
  actor: Actor
  nowMs: number
  /** A new UUIDv7. */
  newId(): string
  /** Ends the request with a declared error. */
  fail(code: E, details?: ErrorDetails): never
}
