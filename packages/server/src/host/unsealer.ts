// Unsealing a running server: by its host's shell, and by strangers if the configuration allows it.
import { listSeals } from '../domain/keyvault/keyvault.store.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { isShare } from '../domain/keyvault/shares.ts'
import type { UnsealAnswer, UnsealBody } from '../http/unseal.ts'
import { Turns } from '../platform/turns.ts'
import { AttemptLimit } from './attemptLimit.ts'
import { Ceremony, type Progress } from './ceremony.ts'
import { HostError } from './instance.ts'
import { type Opener, openerOfFile, openerOfWords, openWith, type Place } from './unsealing.ts'

/** What somebody gives to unseal. Only a person at the host's shell may name a file or the token. */
export type Attempt =
  | { words: string }
  | { share: string }
  | { passphrase: string }
  | { file: string }
  | { token: true }

/** Whether the server is still sealed, and how many shares it has if one was given. */
export interface Unsealing {
  sealed: boolean
  shares?: Progress
}

/** Passphrases from elsewhere that may wait for their turn. */
const WAITING_MAX = 8

export class Unsealer {
  readonly #place: Place
  readonly #opened: (rootKeys: RootKeys) => Promise<void>
  readonly #ceremony = new Ceremony()
  readonly #turns = new Turns()
  readonly #limit = new AttemptLimit()
  #waiting = 0
  #sealed = true

  /** @param opened told the root keys, and makes the server work with them */
  constructor(place: Place, opened: (rootKeys: RootKeys) => Promise<void>) {
    this.#place = place
    this.#opened = opened
  }

  /** Makes the server work with root keys that were opened elsewhere. */
  async accept(rootKeys: RootKeys): Promise<void> {
    await this.#opened(rootKeys)
    this.#sealed = false
    this.#ceremony.forget()
  }

  /** @throws HostError when it does not open the instance */
  async attempt(attempt: Attempt): Promise<Unsealing> {
    if (!this.#sealed) return { sealed: false }
    if ('share' in attempt) return this.#takeShare(attempt.share)
    return this.#open(openerOf(attempt), null)
  }

  /** @param address who asks: wrong attempts are limited for each */
  async attemptRemotely(attempt: UnsealBody, address: string): Promise<UnsealAnswer> {
    if (!this.#sealed) return { kind: 'accepted', unsealing: { sealed: false } }
    const stretches = 'passphrase' in attempt
    // SECURITY: taken before the work, so that many at once are no more than one after the other.
    if ((stretches && this.#waiting >= WAITING_MAX) || !this.#limit.take(address)) {
      return { kind: 'tooMany' }
    }
    if (stretches) this.#waiting += 1
    try {
      const unsealing = await this.attempt(attempt)
      this.#limit.giveBack(address)
      return { kind: 'accepted', unsealing }
    } catch (error) {
      if (error instanceof HostError) return { kind: 'refused', message: error.message }
      throw error
    } finally {
      if (stretches) this.#waiting -= 1
    }
  }

  async #takeShare(words: string): Promise<Unsealing> {
    if (!isShare(words)) {
      throw new HostError('this is not a share: a word is misspelt, missing or misplaced')
    }
    const taken = this.#ceremony.take(await listSeals(this.#place.store.reader), words)
    if (taken === undefined) {
      throw new HostError('this share belongs to another instance, or to a seal that was removed')
    }
    if (!('secret' in taken)) return { sealed: true, shares: taken }
    return this.#open({ kind: 'shamir', secret: taken.secret }, taken.sealId)
  }

  async #open(opener: Opener, sealId: string | null): Promise<Unsealing> {
    const open = () => openWith(this.#place, opener, sealId)
    // One at a time: stretching a passphrase takes memory.
    const opened = await (opener.kind === 'passphrase' ? this.#turns.take('stretch', open) : open())
    if (opened === undefined) throw new HostError(REFUSALS[opener.kind])
    await this.accept(opened.rootKeys)
    return { sealed: false }
  }
}

const REFUSALS: Record<Opener['kind'], string> = {
  file: 'this key file belongs to another instance',
  passphrase: 'this passphrase opens no seal',
  pkcs11: 'the token holds the key of no seal',
  recovery: 'these recovery words belong to another instance',
  shamir: 'these shares do not open their seal',
}

function openerOf(attempt: Exclude<Attempt, { share: string }>): Opener {
  if ('passphrase' in attempt) return { kind: 'passphrase', passphrase: attempt.passphrase }
  if ('token' in attempt) return { kind: 'pkcs11' }
  return 'words' in attempt ? openerOfWords(attempt.words) : openerOfFile(attempt.file)
}
