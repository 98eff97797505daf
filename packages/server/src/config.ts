// Every setting: its environment variable, default, and one sentence. `keystead config` prints them.
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Allowances } from './domain/organization/limits.ts'
import { isPlainText } from './platform/plainText.ts'

const duration = z.coerce
  .number()
  .int()
  .min(1)
  .max(366 * 24 * 3600)
const addressList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

/** In the form in which a URL names them. */
const hostList = addressList.transform((hosts, context) =>
  hosts.map((host) => {
    const [, name = '', port = ''] = /^(\[[0-9a-f:.]+\]|[^/?#@:]+)(:\d{1,5})?$/i.exec(host) ?? []
    const url = URL.parse(`http://${name}${port}`)
    if (url !== null) return `${url.hostname}${port}`
    context.addIssue({ code: 'custom', message: 'must be hosts, with or without a port' })
    return z.NEVER
  }),
)

const issuerList = addressList.pipe(z.array(z.url({ protocol: /^https?$/ })))
/** `name <address>` or `address`; null: neither. */
const mailbox = z.string().transform((text, context) => {
  if (text === '') return null
  const [, name = '', address = ''] = /^(?:"?([^"<>]*?)"?\s*<([^<>]+)>|)$/.exec(text) ?? []
  const found = z.email().safeParse(address === '' ? text : address)
  if (found.success && isPlainText(name)) return { name, address: found.data }
  context.addIssue({ code: 'custom', message: 'must be an address, or name <address>' })
  return z.NEVER
})

/** In the order in which `keystead config` prints them. */
const settings = {
  KEYSTEAD_DATA: {
    schema: z.string().min(1),
    fallback: './data',
    about: 'Directory of the SQLite database, the seal key file and the admin key.',
  },
  KEYSTEAD_DATABASE_URL: {
    schema: z.union([z.literal(''), z.url({ protocol: /^postgres(ql)?$/ })]),
    fallback: '',
    about: 'PostgreSQL 15 or later, as postgres://user@host:port/database; empty: SQLite.',
  },
  KEYSTEAD_SEAL_FILE: {
    schema: z.string(),
    fallback: '',
    about: 'The key file of the `file` seal; empty: seal.key in the data directory.',
  },
  KEYSTEAD_SEAL_PASSPHRASE_FILE: {
    schema: z.string(),
    fallback: '',
    about: 'A file with the passphrase of a `passphrase` seal, read at start; empty: none.',
  },
  KEYSTEAD_PKCS11_MODULE: {
    schema: z.string(),
    fallback: '',
    about: 'The PKCS#11 library of a `pkcs11` seal, used at start; empty: none.',
  },
  KEYSTEAD_PKCS11_TOKEN: {
    schema: z.string(),
    fallback: '',
    about: 'The label of the token that holds the key of a `pkcs11` seal.',
  },
  KEYSTEAD_PKCS11_PIN_FILE: {
    schema: z.string(),
    fallback: '',
    about: "A file with the token's PIN.",
  },
  KEYSTEAD_UNSEAL_HTTP: {
    schema: z.enum(['off', 'on']),
    fallback: 'off',
    about: 'Whether POST /unseal takes shares, recovery words and passphrases: off or on.',
  },
  KEYSTEAD_HOST: {
    schema: z.string().min(1),
    fallback: '127.0.0.1',
    about: 'The address to listen on.',
  },
  KEYSTEAD_PORT: {
    schema: z.coerce.number().int().min(0).max(65535),
    fallback: '8080',
    about: 'The port to listen on; 0 picks a free one.',
  },
  KEYSTEAD_PUBLIC_URL: {
    schema: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
    fallback: '',
    about: 'Where people reach this server, for links in mail; empty: where it listens.',
  },
  KEYSTEAD_SMTP_URL: {
    schema: z.union([z.literal(''), z.url({ protocol: /^smtps?$/ })]),
    fallback: '',
    about: 'The mail server, as smtp://user:password@host:587 or smtps://…; empty: mail waits.',
  },
  KEYSTEAD_MAIL_FROM: {
    schema: mailbox,
    fallback: '',
    about: 'The sender of mail, as name <address> or the address alone.',
  },
  KEYSTEAD_WORKERS: {
    schema: z.coerce.number().int().min(1).max(64),
    fallback: '1',
    about: 'How many processes serve requests.',
  },
  KEYSTEAD_CORS_ORIGINS: {
    schema: addressList,
    fallback: '*',
    about: 'Origins that browsers may call from, separated by commas; * is every origin.',
  },
  KEYSTEAD_TRUSTED_PROXIES: {
    schema: addressList,
    fallback: '',
    about: 'Proxies whose X-Forwarded-For gives the client address: addresses or CIDR ranges.',
  },
  KEYSTEAD_BODY_BYTES_MAX: {
    schema: z.coerce
      .number()
      .int()
      .min(1024)
      .max(16 * 1024 * 1024),
    fallback: String(1024 * 1024),
    about: 'The largest request body, in bytes.',
  },
  KEYSTEAD_LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    fallback: 'info',
    about: 'From which level on events are logged; debug adds a line a request.',
  },
  KEYSTEAD_SIGNUP: {
    schema: z.enum(['closed', 'open']),
    fallback: 'closed',
    about: 'Whether strangers may create root organizations over HTTP: closed or open.',
  },
  KEYSTEAD_TIMESTAMP_AHEAD_SECONDS: {
    schema: duration,
    fallback: '300',
    about: 'How far ahead of now the timestampMs of a new request may be.',
  },
  KEYSTEAD_TIMESTAMP_BEHIND_SECONDS: {
    schema: duration,
    fallback: '86400',
    about: 'How old the timestampMs of a new request may be.',
  },
  KEYSTEAD_PENDING_SECONDS: {
    schema: duration,
    fallback: '86400',
    about: 'How long an activity may wait for approvals; after that it is rejected.',
  },
  KEYSTEAD_OIDC_PRIVATE_ISSUERS: {
    schema: issuerList,
    fallback: '',
    about:
      'OpenID issuers that may be at private addresses, on any port and over http: their exact URLs, separated by commas.',
  },
  KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: {
    schema: hostList,
    fallback: '',
    about:
      'Hosts that webhooks may go to at private addresses, on any port and over http: host or host:port, separated by commas.',
  },
  KEYSTEAD_OIDC_EMAIL_ISSUERS: {
    schema: issuerList,
    fallback: 'https://accounts.google.com',
    about: 'OpenID issuers whose verified e-mail addresses count as verified, separated by commas.',
  },
  KEYSTEAD_REQUESTS_PER_MINUTE: {
    schema: z.coerce.number().int().min(0),
    fallback: '0',
    about: 'Submissions that a root organization may make, with all below it; 0: any number.',
  },
  KEYSTEAD_SIGNATURES_PER_MONTH: {
    schema: z.coerce.number().int().min(0),
    fallback: '0',
    about: 'Signatures that a root organization may make, with all below it; 0: any number.',
  },
  KEYSTEAD_DATA_KEY_ROTATION_DAYS: {
    schema: z.coerce.number().int().min(0).max(36_500),
    fallback: '0',
    about: 'After how many days the data key of an organization is rotated; 0: when asked to.',
  },
  KEYSTEAD_REDIS_URL: {
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
    fallback: '',
    about: 'Redis that counts rate limits for all processes; empty: the database does.',
  },
  KEYSTEAD_BACKUP_DIR: {
    schema: z.string(),
    fallback: '',
    about: 'Directory that backups are written to by schedule; empty: there is no schedule.',
  },
  KEYSTEAD_BACKUP_EVERY: {
    schema: z.coerce.number().int().min(1).max(8784),
    fallback: '24',
    about: 'Hours from one scheduled backup to the next.',
  },
  KEYSTEAD_BACKUP_KEEP: {
    schema: z.coerce.number().int().min(1).max(10_000),
    fallback: '14',
    about: 'How many scheduled backups are kept; older ones are removed.',
  },
} as const

type Settings = { [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> }

export interface Config {
  /** Absolute. */
  dataDirectory: string
  /** Null: SQLite in the data directory. */
  databaseUrl: string | null
  /** Absolute. */
  sealFile: string
  /** Absolute; null: none. */
  passphraseFile: string | null
  /** Where the key of a `pkcs11` seal is; null: nowhere. Paths are absolute. */
  pkcs11: { module: string; token: string; pinFile: string } | null
  unsealHttp: boolean
  host: string
  port: number
  /** Without a slash at the end; null: where it listens. */
  publicUrl: string | null
  /** How mail is sent; null: it is not. */
  smtp: { url: string; from: { name: string; address: string } } | null
  workers: number
  corsOrigins: string[]
  trustedProxies: string[]
  bodyBytesMax: number
  logLevel: 'debug' | 'info' | 'warn' | 'error'
  signUp: 'closed' | 'open'
  window: { aheadMs: number; behindMs: number; pendingMs: number }
  oidc: { privateIssuers: string[]; emailIssuers: string[] }
  /** `host` or `host:port`. */
  webhookPrivateHosts: string[]
  /** Of root organizations that have none of their own. */
  allowances: Allowances
  /** Null: data keys are rotated when the host asks for it. */
  dataKeyRotationDays: number | null
  /** Null: the database counts rate limits, or the only process. */
  redisUrl: string | null
  /** Scheduled backups, into an absolute path; null: none. */
  backups: { directory: string; everyMs: number; keep: number } | null
}

/** A setting that was given a value it cannot have. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * @param environment `process.env`; `KEYSTEAD_TEST_…` are not settings
 * @param overrides values of the command line, by variable name
 * @throws ConfigError naming the variable
 */
export function readConfig(
  environment: Record<string, string | undefined>,
  overrides: Record<string, string> = {},
): Config {
  const given = { ...environment, ...overrides }
  for (const name of Object.keys(given)) {
    const foreign = !name.startsWith('KEYSTEAD_') || name.startsWith('KEYSTEAD_TEST_')
    if (!foreign && !Object.hasOwn(settings, name)) throw new ConfigError(`unknown setting ${name}`)
  }
  const values = Object.fromEntries(
    Object.entries(settings).map(([name, { schema, fallback }]) => {
      const parsed = schema.safeParse(given[name] ?? fallback)
      if (parsed.success) return [name, parsed.data]
      throw new ConfigError(`${name}: ${parsed.error.issues[0]?.message ?? 'invalid'}`)
    }),
  ) as Settings
  return fromSettings(values)
}

function fromSettings(values: Settings): Config {
  const dataDirectory = resolve(values.KEYSTEAD_DATA)
  return {
    dataDirectory,
    databaseUrl: values.KEYSTEAD_DATABASE_URL === '' ? null : values.KEYSTEAD_DATABASE_URL,
    sealFile:
      values.KEYSTEAD_SEAL_FILE === ''
        ? join(dataDirectory, 'seal.key')
        : resolve(values.KEYSTEAD_SEAL_FILE),
    passphraseFile: absolute(values.KEYSTEAD_SEAL_PASSPHRASE_FILE),
    pkcs11: pkcs11Settings(values),
    unsealHttp: values.KEYSTEAD_UNSEAL_HTTP === 'on',
    host: values.KEYSTEAD_HOST,
    port: values.KEYSTEAD_PORT,
    publicUrl:
      values.KEYSTEAD_PUBLIC_URL === '' ? null : values.KEYSTEAD_PUBLIC_URL.replace(/\/+$/, ''),
    smtp: smtpSettings(values),
    workers: values.KEYSTEAD_WORKERS,
    corsOrigins: values.KEYSTEAD_CORS_ORIGINS,
    trustedProxies: values.KEYSTEAD_TRUSTED_PROXIES,
    bodyBytesMax: values.KEYSTEAD_BODY_BYTES_MAX,
    logLevel: values.KEYSTEAD_LOG_LEVEL,
    signUp: values.KEYSTEAD_SIGNUP,
    window: {
      aheadMs: values.KEYSTEAD_TIMESTAMP_AHEAD_SECONDS * 1000,
      behindMs: values.KEYSTEAD_TIMESTAMP_BEHIND_SECONDS * 1000,
      pendingMs: values.KEYSTEAD_PENDING_SECONDS * 1000,
    },
    oidc: {
      privateIssuers: values.KEYSTEAD_OIDC_PRIVATE_ISSUERS,
      emailIssuers: values.KEYSTEAD_OIDC_EMAIL_ISSUERS,
    },
    webhookPrivateHosts: values.KEYSTEAD_WEBHOOK_PRIVATE_HOSTS,
    allowances: {
      requestsPerMinute: values.KEYSTEAD_REQUESTS_PER_MINUTE || null,
      signaturesPerMonth: values.KEYSTEAD_SIGNATURES_PER_MONTH || null,
    },
    dataKeyRotationDays:
      values.KEYSTEAD_DATA_KEY_ROTATION_DAYS === 0 ? null : values.KEYSTEAD_DATA_KEY_ROTATION_DAYS,
    redisUrl: values.KEYSTEAD_REDIS_URL === '' ? null : values.KEYSTEAD_REDIS_URL,
    backups:
      values.KEYSTEAD_BACKUP_DIR === ''
        ? null
        : {
            directory: resolve(values.KEYSTEAD_BACKUP_DIR),
            everyMs: values.KEYSTEAD_BACKUP_EVERY * 3_600_000,
            keep: values.KEYSTEAD_BACKUP_KEEP,
          },
  }
}

function absolute(path: string): string | null {
  return path === '' ? null : resolve(path)
}

function pkcs11Settings(values: Settings): Config['pkcs11'] {
  const module = absolute(values.KEYSTEAD_PKCS11_MODULE)
  const pinFile = absolute(values.KEYSTEAD_PKCS11_PIN_FILE)
  const token = values.KEYSTEAD_PKCS11_TOKEN
  if (module === null) return null
  if (token !== '' && pinFile !== null) return { module, token, pinFile }
  throw new ConfigError(
    'KEYSTEAD_PKCS11_MODULE: requires KEYSTEAD_PKCS11_TOKEN and KEYSTEAD_PKCS11_PIN_FILE',
  )
}

function smtpSettings({ KEYSTEAD_SMTP_URL: url, KEYSTEAD_MAIL_FROM: from }: Settings) {
  if (url === '') return null
  if (from === null) throw new ConfigError('KEYSTEAD_MAIL_FROM: is required with KEYSTEAD_SMTP_URL')
  return { url, from }
}

/** Each setting with its present value, its default and what it is for. */
export function describeConfig(environment: Record<string, string | undefined>) {
  return Object.entries(settings).map(([name, { fallback, about }]) => ({
    name,
    value: withoutPassword(environment[name] ?? fallback),
    fallback,
    about,
  }))
}

/** SECURITY: the password of a URL must not reach a terminal or a log. */
function withoutPassword(value: string): string {
  return value.replace(/^((?:postgres(?:ql)?|rediss?|smtps?):\/\/[^:/@]*):.*@/, '$1:…@')
}
