// A caller of a server: whose key stamps, for which organization, and where to.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiKey, loadAdminKey, loadApiKey } from './apiKeys.ts'
import { CommandError, configFor, dataOption, requiredId, UsageError } from './command.ts'
import { defaultFolder, hasKey } from './keyFiles.ts'
import { stampBody } from './stamp.ts'

/** Options of every command that sends a request. */
export const callerOptions = {
  ...dataOption,
  /** The server: a URL, or a host name with or without a port. */
  host: { type: 'string' },
  organization: { type: 'string' },
  /** A key file as `init` writes it. */
  key: { type: 'string' },
  'key-name': { type: 'string', short: 'k' },
  'keys-folder': { type: 'string', short: 'd' },
} as const

type CallerValues = { [K in keyof typeof callerOptions]?: string | undefined }

export type Json = Record<string, unknown>

/** The server refused: its status and its answer, as they came. */
export class RequestError extends CommandError {
  override name = 'RequestError'
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/** Sends stamped requests for one key. */
export class Client {
  readonly url: string
  readonly #values: CallerValues
  readonly #key: ApiKey

  /** @throws UsageError, CommandError */
  constructor(values: CallerValues) {
    this.#values = values
    this.url = urlFrom(values)
    this.#key = keyFrom(values)
  }

  /** `--organization`, or the one that the key is known to be of. @throws UsageError */
  get organizationId(): string {
    const known = this.#key.organizationId ?? undefined
    return requiredId('organization', this.#values.organization ?? known)
  }

  stamp(body: string): string {
    return stampBody(this.#key, Buffer.from(body, 'utf8'))
  }

  /** Posts the exact body. @throws RequestError, CommandError */
  async post(path: string, body: string): Promise<unknown> {
    const headers = { 'content-type': 'application/json', 'x-stamp': this.stamp(body) }
    const url = `${this.url}${path}`
    const response = await fetch(url, { method: 'POST', headers, body }).catch((cause: unknown) => {
      throw new CommandError(`no server answers at ${this.url}`, { cause })
    })
    const text = await response.text()
    if (!response.ok) throw new RequestError(`${response.status}: ${text}`)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new CommandError(`what ${url} answered is not JSON`, { cause })
    }
  }

  /** @param name as the path has it: `list_wallets` */
  async query<T = Json>(name: string, params: Json = {}): Promise<T> {
    const body = JSON.stringify({ organizationId: this.organizationId, ...params })
    return (await this.post(`/public/v1/query/${name}`, body)) as T
  }

  /** @param type without `ACTIVITY_TYPE_` */
  async submit(name: string, type: string, parameters: Json): Promise<Json> {
    const { organizationId } = this
    const timestampMs = String(Date.now())
    const body = { type: `ACTIVITY_TYPE_${type}`, timestampMs, organizationId, parameters }
    return (await this.post(`/public/v1/submit/${name}`, JSON.stringify(body))) as Json
  }
}

function urlFrom({ host, data }: CallerValues): string {
  if (host === undefined) {
    const config = configFor({ KEYSTEAD_DATA: data })
    const own = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host
    return `http://${own}:${config.port}`
  }
  const scheme = LOOPBACK.test(host) ? 'http' : 'https'
  const url = /^https?:\/\//.test(host) ? host : `${scheme}://${host}`
  if (!URL.canParse(url)) throw new UsageError(`--host \`${host}\` is no host name and no URL`)
  return url.replace(/\/+$/, '')
}

/** What is named, else the key of the local instance's admin, else `default` of the key folder. */
function keyFrom(values: CallerValues): ApiKey {
  const { key, 'key-name': name, 'keys-folder': folder = defaultFolder('keys') } = values
  if (key !== undefined && name !== undefined) {
    throw new UsageError('--key and --key-name exclude each other')
  }
  if (key !== undefined) return loadAdminKey(key)
  if (name !== undefined || values['keys-folder'] !== undefined) {
    return loadApiKey(folder, name ?? 'default')
  }
  const admin = join(configFor({ KEYSTEAD_DATA: values.data }).dataDirectory, 'admin.json')
  if (existsSync(admin) || !hasKey(folder, 'default')) return loadAdminKey(admin)
  return loadApiKey(folder, 'default')
}
