// Commands about the instance itself: serve, init, unseal, config, keys.
import {
  dev,
  init,
  listMail,
  readPublicKeys,
  recoveryNotice,
  serve,
} from '@keystead/server/commands'
import {
  type Command,
  configFor,
  describeSettings,
  dataOption,
  printJson,
  readOptions,
} from './command.ts'
import { ownerFrom, ownerOptions } from './organizations.ts'

async function runServe(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...dataOption,
    host: { type: 'string' },
    port: { type: 'string' },
    workers: { type: 'string' },
  })
  const config = configFor({
    KEYSTEAD_DATA: values.data,
    KEYSTEAD_HOST: values.host,
    KEYSTEAD_PORT: values.port,
    KEYSTEAD_WORKERS: values.workers,
  })
  await serve(config, (line) => process.stdout.write(`${line}\n`))
  return 0
}

async function runDev(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { port: { type: 'string' } })
  await dev(configFor({ KEYSTEAD_PORT: values.port }), (line) => process.stdout.write(`${line}\n`))
  return 0
}

async function runInit(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...dataOption,
    ...ownerOptions,
    json: { type: 'boolean' },
  })
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const { admin, recoveryWords } = await init(config, ownerFrom(values))
  process.stderr.write(`${recoveryNotice(recoveryWords)}\n`)
  if (values.json === true) process.stdout.write(`${JSON.stringify(admin)}\n`)
  else
    process.stdout.write(
      `made organization ${admin.organizationId}; its admin key is in ${config.dataDirectory}/admin.json\n`,
    )
  return 0
}

function runConfig(words: readonly string[]): number {
  const { values } = readOptions(words, { json: { type: 'boolean' } })
  const settings = describeSettings()
  if (values.json === true) printJson(settings)
  for (const { name, value, fallback, about } of values.json === true ? [] : settings) {
    const note = value === fallback ? '' : ` (default: ${fallback === '' ? 'empty' : fallback})`
    process.stdout.write(`${name}=${value}${note}\n  ${about}\n`)
  }
  return 0
}

async function runKeysShow(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, dataOption)
  printJson({ keys: await readPublicKeys(configFor({ KEYSTEAD_DATA: values.data })) })
  return 0
}

async function runMail(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...dataOption, json: { type: 'boolean' } })
  const mail = await listMail(configFor({ KEYSTEAD_DATA: values.data }))
  if (values.json === true) printJson({ mail })
  for (const { to, subject, text, expiresAt } of values.json === true ? [] : mail) {
    process.stdout.write(`to ${to}, until ${expiresAt}: ${subject}\n\n${text}\n`)
  }
  return 0
}

export const instanceCommands: Record<string, Command> = {
  serve: {
    synopsis: 'serve [--data DIR] [--host H] [--port N] [--workers N]',
    about: 'start; makes an instance first if there is none',
    run: runServe,
  },
  dev: {
    synopsis: 'dev [--port N]',
    about: 'the emulator: throw-away data, known keys, a clock that can be set',
    run: runDev,
  },
  init: {
    synopsis:
      'init [--json] [--organization-name S] [--user-name S] [--email S] [--api-public-key HEX]',
    about: 'make an instance, and print its admin key',
    run: runInit,
  },
  config: {
    synopsis: 'config [--json]',
    about: 'every setting and what it is for',
    run: runConfig,
  },
  'keys show': {
    synopsis: 'keys show',
    about: "the instance's public keys",
    run: runKeysShow,
  },
  mail: {
    synopsis: 'mail [--json]',
    about: 'mail that has not been delivered, with its links',
    run: runMail,
  },
}
