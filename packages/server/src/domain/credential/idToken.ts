// ID tokens: OpenID Connect Core 1.0, section 3.1.3.7, as far as it concerns a token alone.
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type JWTVerifyOptions,
} from 'jose'
import { AppError } from '../../errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { FetchError } from '../../platform/guardedFetch.ts'
import { isPlainText } from '../../platform/plainText.ts'
import { IssuerKeys, type IssuerKeysOptions } from './issuerKeys.ts'
import type { OidcVerifier, VerifiedToken } from './oidcIdentity.ts'

/** Asymmetric ones only: a published key must never pass for a shared secret. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')
const LEEWAY_SECONDS = 30
const TEXT_MAX = 255
const ISSUER_MAX = 512
const EMAIL_MAX = 320

interface VerifierOptions extends IssuerKeysOptions {
  /** Issuers whose word that an e-mail address is somebody's own is taken. */
  emailIssuers: readonly string[]
}

type FindKeys = (issuer: string, renew: boolean) => Promise<JWTVerifyGetKey>

/** Verifies ID tokens against the keys that their issuers publish. */
export class IdTokenVerifier implements OidcVerifier {
  readonly #clock: Clock
  readonly #emailIssuers: readonly string[]
  readonly #keys: IssuerKeys

  constructor(options: VerifierOptions) {
    this.#clock = options.clock
    this.#emailIssuers = options.emailIssuers
    this.#keys = new IssuerKeys(options)
  }

  verify(token: string): Promise<VerifiedToken> {
    return this.#verify(token, (issuer, renew) => this.#keys.find(issuer, renew))
  }

  verifyOffline(token: string): Promise<VerifiedToken> {
    return this.#verify(token, (issuer) => Promise.resolve(this.#keys.known(issuer)))
  }

  async #verify(token: string, findKeys: FindKeys): Promise<VerifiedToken> {
    try {
      const { iss } = this.#readUnverified(token)
      const payload = await this.#verifySignature(token, iss, findKeys)
      const issuer = claim(payload, 'iss', ISSUER_MAX)
      return {
        issuer,
        subject: claim(payload, 'sub', TEXT_MAX),
        audience: audienceOf(payload),
        verifiedEmail: this.#emailIssuers.includes(issuer) ? verifiedEmail(payload) : null,
      }
    } catch (error) {
      throw publicError(error)
    }
  }

  /** What a token says, before anybody is asked: what cannot become valid costs no request. */
  #readUnverified(token: string): { iss: string } {
    const { alg = '', typ = 'JWT' } = decodeProtectedHeader(token)
    if (typ.toUpperCase() !== 'JWT') throw refused('it is another kind of token')
    if (!ALGORITHMS.includes(alg)) throw refused('its algorithm is not accepted')
    const payload = decodeJwt(token)
    claim(payload, 'sub', TEXT_MAX)
    audienceOf(payload)
    if (typeof payload.exp !== 'number') throw refused('it has no valid exp')
    if (payload.exp + LEEWAY_SECONDS <= this.#clock.now() / 1000) throw refused('it has expired')
    return { iss: claim(payload, 'iss', ISSUER_MAX) }
  }

  async #verifySignature(token: string, issuer: string, findKeys: FindKeys): Promise<JWTPayload> {
    const nowMs = this.#clock.now()
    const options: JWTVerifyOptions = {
      algorithms: ALGORITHMS,
      issuer,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'iat', 'sub', 'aud'],
    }
    const verifyWith = async (keys: JWTVerifyGetKey) =>
      (await jwtVerify(token, keys, options)).payload
    let payload: JWTPayload
    try {
      payload = await verifyWith(await findKeys(issuer, false))
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      payload = await verifyWith(await findKeys(issuer, true))
    }
    if ((payload.iat ?? 0) - LEEWAY_SECONDS > nowMs / 1000) throw refused('it is from the future')
    return payload
  }
}

function refused(reason: string): AppError {
  const violations = [{ field: 'oidcToken', description: reason }]
  return new AppError('INVALID_OIDC_TOKEN', { violations })
}

/** SECURITY: reasons are fixed texts: nothing of the token, and of the network only that it failed. */
function publicError(error: unknown): unknown {
  if (error instanceof AppError) return error
  if (error instanceof FetchError) return refused('the keys of its issuer cannot be fetched')
  if (error instanceof errors.JWTExpired) return refused('it has expired')
  if (error instanceof errors.JWTClaimValidationFailed) return refused('its claims are not valid')
  if (error instanceof errors.JWKSNoMatchingKey) return refused('its issuer has no such key')
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused('its signature is not of its issuer')
  }
  // A key that an issuer published wrongly surfaces as TypeError or DOMException.
  return refused('it cannot be read')
}

function claim(payload: JWTPayload, name: 'iss' | 'sub', max: number): string {
  const value = payload[name]
  if (typeof value === 'string' && isBounded(value, max)) return value
  throw refused(`it has no valid ${name}`)
}

/** A token for several audiences is refused: none of them could be said to be the one. */
function audienceOf({ aud }: JWTPayload): string {
  const value = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (typeof value === 'string' && isBounded(value, TEXT_MAX)) return value
  throw refused('it has no valid aud')
}

function isBounded(value: string, max: number): boolean {
  return value !== '' && value.length <= max && isPlainText(value)
}

function verifiedEmail({ email, email_verified: verified }: JWTPayload): string | null {
  return verified === true && typeof email === 'string' && isBounded(email, EMAIL_MAX)
    ? email
    : null
}
