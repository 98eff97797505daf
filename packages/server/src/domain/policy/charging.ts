// What a request that signs adds to a limit.
import type { Actor } from '../activity/activity.ts'
import type { Limit, LimitMeasure } from './limit.ts'
import type { Subject } from './subject.ts'

/** What limits see of a request. */
export interface Signing {
  submitter: Actor
  /** How many signatures it makes. */
  signatures: number
  /** What it is about; never empty. */
  subjects: readonly Subject[]
}

/**
 * What a request adds to a limit, by what the limit keeps apart; undefined when nobody can say, and
 * the limit has to deny: what is no transaction of its currency, or has no destination that is known.
 */
export function amountsOf(
  limit: Limit,
  { submitter, signatures, subjects }: Signing,
): ReadonlyMap<string, bigint> | undefined {
  const amounts = new Map<string, bigint>()
  for (const subject of subjects) {
    const scopes = scopesOf(limit, submitter, subject)
    if (scopes === undefined) return undefined
    if (limit.measure === 'signatures') {
      // Signatures are counted for the request, not for each of its payloads.
      for (const scope of scopes) amounts.set(scope, BigInt(signatures))
      continue
    }
    const moves = movesOf(limit.measure, subject)
    if (moves === undefined) return undefined
    for (const [at, { amount }] of moves.entries()) {
      const scope = scopes[limit.per === 'destination' ? at : 0]
      if (scope === undefined || amount < 0n) return undefined
      amounts.set(scope, (amounts.get(scope) ?? 0n) + amount)
    }
  }
  return amounts
}

function movesOf(measure: LimitMeasure, { moves }: Subject) {
  return (moves?.measure === measure ? moves.to : null) ?? undefined
}

/** One, or one for each destination; undefined when it is not known. */
function scopesOf(
  { per }: Limit,
  { userId }: Actor,
  subject: Subject,
): readonly string[] | undefined {
  switch (per) {
    case 'organization':
      return ['']
    case 'user':
      return [userId]
    case 'wallet':
      return known(subject.signer && holderOf(subject.signer))
    // By its key: an account of the same key with another kind of address is no other account.
    case 'account':
      return known(subject.signer?.publicKey.toString('hex'))
    case 'destination': {
      const destinations = subject.moves?.to?.map(({ destination }) => destination) ?? []
      const complete = destinations.length > 0 && !destinations.includes('')
      return complete ? destinations : undefined
    }
  }
}

/** A private key takes the place of a wallet. */
function holderOf({ source }: NonNullable<Subject['signer']>): string {
  return 'walletId' in source ? source.walletId : source.privateKeyId
}

function known(scope: string | undefined): readonly string[] | undefined {
  return scope === undefined ? undefined : [scope]
}
