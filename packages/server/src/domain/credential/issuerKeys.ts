// The keys that OpenID issuers publish: found by discovery, and kept for a while.
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import { AppError } from '../../errors.ts'
import { BoundedCache } from '../../platform/boundedCache.ts'
import type { Clock } from '../../platform/clock.ts'
import { log } from '../../platform/log.ts'
import { FetchError, fetchJson, type Resolve } from '../../platform/guardedFetch.ts'

const DOCUMENT_BYTES_MAX = 256 * 1024
const FETCH_MS_MAX = 3000
/** Of the kept keys of all issuers; each issuer counts as so many bytes at least. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024
const KEPT_BYTES_MIN = 16 * 1024
const FAILURES_MAX = 1000
/** How long keys count without asking again. */
const KEYS_MS = 10 * 60_000
/** How soon an unknown key id asks again. */
const REFETCH_MS = 60_000
/** How soon an issuer that could not be asked is asked again. */
const FAILURE_MS = 15_000
/** How many issuers that are not known yet are asked at a time. */
const STRANGERS_MAX = 32
const KEYS_MAX = 100

/** Where an issuer's keys come from. */
export interface IssuerKeysOptions {
  /** Issuers that may be at private addresses and over http, exactly as their tokens name them. */
  privateIssuers: readonly string[]
  clock: Clock
  /** The public look-up of names, where it is not the system's. */
  resolve?: Resolve
}

interface Known {
  keys: LocalJWKSet
  fetchedMs: number
}

export class IssuerKeys {
  readonly #options: IssuerKeysOptions
  readonly #known = new BoundedCache<Known>(KEPT_BYTES_MAX)
  readonly #failures = new BoundedCache<number>(FAILURES_MAX)
  readonly #underway = new Map<string, Promise<Known>>()
  #strangers = 0

  constructor(options: IssuerKeysOptions) {
    this.#options = options
  }

  /**
   * The keys of an issuer.
   * @param renew ask again even if they are known, though not at every call
   * @throws FetchError when the issuer cannot be asked, or says what cannot be used
   * @throws AppError `UNAVAILABLE` when too many unknown issuers are being asked
   */
  async find(issuer: string, renew: boolean): Promise<LocalJWKSet> {
    const nowMs = this.#options.clock.now()
    const known = this.#known.get(issuer)
    const ageMs = nowMs - (known?.fetchedMs ?? 0)
    if (known !== undefined && ageMs < (renew ? REFETCH_MS : KEYS_MS)) return known.keys
    const failedMs = this.#failures.get(issuer)
    if (failedMs !== undefined && nowMs - failedMs < FAILURE_MS) {
      throw new FetchError(`${issuer} could not be asked a moment ago`)
    }
    return (await this.#fetchOnce(issuer, known === undefined)).keys
  }

  /** The keys that are known and still count. @throws AppError `UNAVAILABLE` */
  known(issuer: string): LocalJWKSet {
    const known = this.#known.get(issuer)
    if (known === undefined || this.#options.clock.now() - known.fetchedMs >= KEYS_MS) {
      throw new AppError('UNAVAILABLE')
    }
    return known.keys
  }

  /** Whoever asks while an answer is on its way waits for that one. */
  async #fetchOnce(issuer: string, stranger: boolean): Promise<Known> {
    const underway = this.#underway.get(issuer)
    if (underway !== undefined) return underway
    // SECURITY: issuers that are known already are never held up by those that somebody invents.
    if (stranger && this.#strangers >= STRANGERS_MAX) throw new AppError('UNAVAILABLE')
    if (stranger) this.#strangers++
    const fetching = this.#fetch(issuer)
    this.#underway.set(issuer, fetching)
    try {
      return await fetching
    } finally {
      if (stranger) this.#strangers--
      this.#underway.delete(issuer)
    }
  }

  async #fetch(issuer: string): Promise<Known> {
    try {
      const known = { keys: await this.#discover(issuer), fetchedMs: this.#options.clock.now() }
      const bytes = JSON.stringify(known.keys.jwks()).length
      this.#known.set(issuer, known, Math.max(bytes, KEPT_BYTES_MIN))
      this.#failures.delete(issuer)
      return known
    } catch (error) {
      this.#failures.set(issuer, this.#options.clock.now(), 1)
      const configured = this.#options.privateIssuers.includes(issuer)
      const reason = error instanceof FetchError ? error.message : error
      log(configured ? 'warn' : 'debug', 'an OpenID issuer cannot be asked', { issuer, reason })
      throw error
    }
  }

  async #discover(issuer: string): Promise<LocalJWKSet> {
    const base = parseIssuer(issuer)
    const { privateIssuers, resolve } = this.#options
    const mayBePrivate = privateIssuers.includes(issuer)
    const get = (url: URL) => {
      const trusted = mayBePrivate && url.origin === base.origin
      const rules = { timeoutMs: FETCH_MS_MAX, bytesMax: DOCUMENT_BYTES_MAX, trusted }
      return fetchJson(url, rules, resolve)
    }
    const location = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const configuration = members(await get(new URL(location)))
    if (configuration['issuer'] !== issuer) throw new FetchError('a document of another issuer')
    const jwksUri = configuration['jwks_uri']
    if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) throw new FetchError('no jwks_uri')
    return keySet(await get(new URL(jwksUri)))
  }
}

/** OpenID Connect Core 1.0, section 2: a URL without query and fragment. */
function parseIssuer(issuer: string): URL {
  if (!URL.canParse(issuer) || /[?#]/.test(issuer)) throw new FetchError('an issuer that is no URL')
  return new URL(issuer)
}

function keySet(document: unknown): LocalJWKSet {
  const keys: unknown = members(document)['keys']
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) throw new FetchError('no usable key set')
  try {
    return createLocalJWKSet({ keys: keys as JSONWebKeySet['keys'] })
  } catch (cause) {
    throw new FetchError('no usable key set', { cause })
  }
}

function members(document: unknown): Record<string, unknown> {
  if (typeof document === 'object' && document !== null) return document as Record<string, unknown>
  throw new FetchError('a document that is no object')
}
