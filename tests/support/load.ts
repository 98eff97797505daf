// Load on one organization: signing, new accounts and new users over many connections at once.
import { type Answer, apiKeyParams, generateKey, TestClient } from './client.ts'
import type { Random } from './random.ts'

export type JobKind = 'sign' | 'account' | 'user'

/** One submission, whose body may be sent again. */
export interface Job {
  kind: JobKind
  path: string
  body: string
  /** What it leaves behind, unique: a user's name, an account's path; of a signature its payload. */
  mark: string
}

/** A job and its answer; null when the connection ended before there was one. */
export interface Sent {
  job: Job
  answer: Answer | null
}

/** How many users an organization may have, less the first and some room. */
const USERS_MAX = 90

/** An organization with a wallet, and endless work for it. */
export class Workload {
  readonly client: TestClient
  readonly walletId: string
  readonly signWith: string
  readonly #random: Random
  #made = 0
  #users = 0

  private constructor(client: TestClient, wallet: { id: string; address: string }, random: Random) {
    this.client = client
    this.walletId = wallet.id
    this.signWith = wallet.address
    this.#random = random
  }

  /** Makes the wallet: one entry of the organization's chain, one activity, one account. */
  static async prepare(client: TestClient, random: Random): Promise<Workload> {
    const made = await client.submit('create_wallet', {
      walletName: 'load',
      accounts: [accountAt("m/44'/60'/0'/0/0")],
    })
    const result = 'activity.result.createWalletResult'
    const wallet = { id: made.at(`${result}.walletId`), address: made.at(`${result}.addresses.0`) }
    return new Workload(client, wallet, random)
  }

  /** The next job: half signatures, and users as long as the organization may have more. */
  next(): Job {
    const kind = (['sign', 'sign', 'account', 'user'] as const)[this.#random.below(4)] ?? 'sign'
    if (kind !== 'user') return this.job(kind)
    return this.#users++ < USERS_MAX ? this.job('user') : this.job('sign')
  }

  /** @param filler makes the payload of a signature longer */
  job(kind: JobKind, filler = ''): Job {
    const n = ++this.#made
    switch (kind) {
      case 'sign':
        return this.#sign(`payload ${n}${filler}`)
      case 'account': {
        const mark = `m/44'/60'/0'/0/${n}`
        const params = { walletId: this.walletId, accounts: [accountAt(mark)] }
        return this.#job({ kind, mark }, 'create_wallet_accounts', params)
      }
      case 'user': {
        const mark = `user ${n}`
        const users = [{ userName: mark, apiKeys: [apiKeyParams(generateKey())] }]
        return this.#job({ kind, mark }, 'create_users', { users })
      }
    }
  }

  #sign(payload: string): Job {
    const how = {
      signWith: this.signWith,
      payload,
      encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
      hashFunction: 'HASH_FUNCTION_SHA256',
    }
    return this.#job({ kind: 'sign', mark: payload }, 'sign_raw_payload', how)
  }

  #job(what: Pick<Job, 'kind' | 'mark'>, name: string, parameters: object): Job {
    const type = TYPES[name] ?? name.toUpperCase()
    return { ...what, path: `submit/${name}`, body: this.client.body(type, parameters) }
  }
}

const TYPES: Record<string, string> = {
  sign_raw_payload: 'SIGN_RAW_PAYLOAD_V2',
  create_users: 'CREATE_USERS_V4',
}

function accountAt(path: string) {
  return {
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path,
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  }
}

export interface LoadOptions {
  connections: number
  /** Asked before each job. */
  running: () => boolean
  /** By default the workload's own mixture. */
  next?: () => Job
}

/** Sends jobs over that many connections until told to stop. */
export async function load(workload: Workload, options: LoadOptions): Promise<Sent[]> {
  const sent: Sent[] = []
  const next = options.next ?? (() => workload.next())
  const worker = async () => {
    while (options.running()) {
      const job = next()
      sent.push({ job, answer: await attempt(workload.client, job) })
    }
  }
  await Promise.all(Array.from({ length: options.connections }, worker))
  return sent
}

/** The answer, or null when the server went away before it came. */
async function attempt(client: TestClient, job: Job): Promise<Answer | null> {
  try {
    return await client.send(job.path, job.body)
  } catch {
    return null
  }
}

/** How many of each kind. */
export function kinds(sent: readonly Sent[]): Record<JobKind, number> {
  const counts = { sign: 0, account: 0, user: 0 }
  for (const { job } of sent) counts[job.kind]++
  return counts
}
