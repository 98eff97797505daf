// What an operation may see and use while it runs.
import type { Actor } from '../domain/activity/activity.ts'
import type { DecidedBy } from '../domain/authority/decide.ts'
import type { Explained } from '../domain/authority/explain.ts'
import type { OidcVerifier } from '../domain/credential/oidcIdentity.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import type { PrivateHosts } from '../domain/webhook/endpoint.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import type { AppError, ErrorCode, ErrorDetails } from '../errors.ts'
import type { JsonValue } from '../platform/strictJson.ts'
import type { Reader } from '../store/engine.ts'

/** Services that operations hand to domain functions. */
interface Services {
  keyvault: Keyvault
  oidc: OidcVerifier
  reader: Reader
  /** Hosts to which webhooks may go though they are private. */
  webhookHosts: PrivateHosts
  /** Where people reach this server, for links: without a slash at the end. */
  publicUrl: string
  /** How long an activity may wait for votes. */
  pendingMs: number
}

/** @template E the error codes that the operation's record declares */
export interface Context<E extends ErrorCode = ErrorCode> extends Services {
  /** The organization that the request targets, at the revision that was decided on. */
  organization: Snapshot
  /** The target's parent; null for a root organization. */
  parent: Snapshot | null
  /** Who submitted the request; may be a user of the parent organization. */
  actor: Actor
  nowMs: number
  /** A new UUIDv7. */
  newId(): string
  /** Ends the request with a declared error. */
  fail(code: E, details?: ErrorDetails): never
}

/** @template E the error codes that the operation's record declares */
export interface ActionContext<E extends ErrorCode = ErrorCode> extends Context<E> {
  /** By what the action was allowed. */
  decidedBy: DecidedBy
}

/** What a submission would come to, now. */
export interface DryRun extends Explained {
  /** What it would end with though it is not denied, as far as that can be told beforehand. */
  failure: AppError | null
}

/** @template E the error codes that the operation's record declares */
export interface QueryContext<E extends ErrorCode = ErrorCode> extends Context<E> {
  /**
   * What would come of `body` if the caller submitted it. Nothing is stored, counted or signed.
   * @throws AppError what a submission of it would throw before it is decided on
   */
  dryRun(body: JsonValue): Promise<DryRun>
}
