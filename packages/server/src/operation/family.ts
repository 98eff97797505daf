// What a family brings: who is calling, what the body says, and how answers look on its wire.
import type { z } from 'zod'
import type { ActivityRow, Actor, VoteRow } from '../domain/activity/activity.ts'
import type { Ballot } from '../domain/authority/decide.ts'
import type { Directory } from '../domain/organization/directory.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import type { AppError, ErrorCode } from '../errors.ts'
import type { Stopwatch } from '../platform/stopwatch.ts'
import type { JsonValue } from '../platform/strictJson.ts'
import type { Context } from './context.ts'
import type {
  ActivityOperation,
  Operation,
  QueryOperation,
  Version,
  VoteOperation,
} from './operation.ts'
import type { Registry } from './registry.ts'

/** A request as it came in. `body` is what was signed, byte for byte. */
export interface Inbound {
  path: string
  body: Buffer
  /** By lowercase name. */
  headers: Readonly<Record<string, string | undefined>>
  /** The client's address. */
  address: string
}

/** A complete answer. Its body is JSON bytes. */
export interface Reply {
  status: number
  body: Buffer
  headers?: Record<string, string>
}

/** Somebody whose credential was verified. */
export interface Caller {
  actor: Actor
  /** The id of the credential. */
  credentialId: string
  ballot: Ballot
  /** When the credential expires; null: never. */
  validUntilMs: number | null
  /** The organization that the request targets. */
  organization: Snapshot
  /** Its parent; null for a root organization. */
  parent: Snapshot | null
  /** The proof as received, to be stored and verified again. */
  stamp: string
}

/** A parsed request to act. */
export interface Submission {
  operation: ActivityOperation
  version: Version
  /** The newest version's parameters. */
  params: unknown
  /** The parameters as they were submitted, in the version that was submitted. */
  submitted: unknown
  organizationId: string
  timestampMs: number
}

/** A parsed vote. */
interface ParsedVote {
  organizationId: string
  fingerprint: Buffer
  timestampMs: number
}

/** An activity with its votes after the first. */
export interface ActivityView {
  activity: ActivityRow
  votes: readonly VoteRow[]
}

/** What the generated reference says about a family, beside its records. */
export interface FamilyReference {
  title: string
  about: string
  /** What to know before the first request; `text` has paragraphs. */
  guide: readonly { title: string; text: readonly string[] }[]
  /** Where the pages lie that records name as `spec`. */
  documents: string
  /** The header that proves who calls. */
  stamp: { name: string; header: string }
  /** Shapes that many operations have in common, by name. */
  schemas: Readonly<Record<string, z.ZodType>>
  /** The one of `schemas` that errors have. */
  errorSchema: string
  /** The whole body of a request. */
  request(operation: Operation): z.ZodType
  exampleRequest(operation: Operation): Record<string, unknown>
  /** Where the record's result lies in an answer, and the one of `schemas` around it, if any. */
  answer(operation: Operation): { within: string | null; path: readonly string[] }
  exampleAnswer(operation: Operation): unknown
  /** The errors that any operation of this kind can answer, beside those of its record. */
  errors(operation: Operation): readonly ErrorCode[]
}

export interface Family {
  readonly name: string
  readonly registry: Registry
  readonly reference: FamilyReference
  /**
   * Verifies who calls. @param fresh look organizations up anew instead of in the cache
   * @throws AppError
   */
  authenticate(call: Call, directory: Directory, fresh: boolean): Promise<Caller>
  /** Parses a request to act, or the stored body of one. @throws AppError naming the bad field */
  parseSubmission(json: JsonValue): Submission
  /** The parameters of a query. @throws AppError naming the bad field */
  parseQuery(json: JsonValue, operation: QueryOperation): unknown
  /** @throws AppError naming the bad field */
  parseVote(json: JsonValue, operation: VoteOperation): ParsedVote
  /** Verifies a stored proof again; undefined when it does not hold. */
  ballotOf(vote: StoredVote, place: VotePlace): Ballot | undefined
  /** An activity as `ctx.actor` sees it. */
  encodeActivity(ctx: Context, view: ActivityView): Promise<unknown>
  encodeError(error: AppError): Reply
}

/** A request on its way: found operation, parsed JSON. */
export interface Call {
  operation: Operation
  request: Inbound
  json: JsonValue
  nowMs: number
  watch: Stopwatch
}

/** Where a vote was cast. */
interface VotePlace {
  /** The organization whose users decide. */
  home: Snapshot
  /** The one in which the activity runs, and its parent. */
  organization: Snapshot
  parent: Snapshot | null
}

export interface StoredVote {
  voter: Actor
  body: Buffer
  stamp: string
}
