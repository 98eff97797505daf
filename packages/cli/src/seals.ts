// Commands about seals and unsealing. Secrets are typed, printed once, and never arguments.
import { resolve } from 'node:path'
import {
  addFileSeal,
  addPassphraseSeal,
  addRecoverySeal,
  addShamirSeal,
  addTokenSeal,
  type Attempt,
  exportSealFile,
  listSeals,
  type NextShare,
  type Opener,
  openerOfFile,
  openerOfShares,
  openerOfWords,
  recoveryNotice,
  removeSeal,
  testSeal,
  unseal,
  type Unsealing,
} from '@keystead/server/commands'
import {
  type Command,
  configFor,
  dataOption,
  idFrom,
  printJson,
  readOptions,
  requiredId,
  UsageError,
} from './command.ts'
import { askOnce, TypedLines } from './typed.ts'

/** With what a seal is opened: without any, with recovery words. */
export const openerOptions = {
  passphrase: { type: 'boolean' },
  share: { type: 'boolean' },
  token: { type: 'boolean' },
  file: { type: 'string' },
} as const

export interface OpenerValues {
  passphrase?: boolean
  share?: boolean
  token?: boolean
  file?: string
}

type Means = 'words' | 'passphrase' | 'share' | 'token' | 'file'

function meansOf(values: OpenerValues): Means {
  const means = (['passphrase', 'share', 'token', 'file'] as const).filter(
    (name) => values[name] !== undefined,
  )
  if (means.length > 1) throw new UsageError('name one of --passphrase, --share, --token, --file')
  return means[0] ?? 'words'
}

const askWords = () => askOnce('recovery words: ', { hidden: false })
const askPassphrase = () => askOnce('passphrase: ', { hidden: true })

async function attemptFrom(values: OpenerValues): Promise<Attempt> {
  switch (meansOf(values)) {
    case 'words':
      return { words: await askWords() }
    case 'passphrase':
      return { passphrase: await askPassphrase() }
    case 'share':
      return { share: await askOnce('share: ', { hidden: false }) }
    case 'token':
      return { token: true }
    case 'file':
      // The server runs in a directory of its own.
      return { file: resolve(values.file ?? '') }
  }
}

async function runUnseal(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...dataOption, ...openerOptions })
  const config = configFor({ KEYSTEAD_DATA: values.data })
  process.stdout.write(`${describeUnsealing(await unseal(config, await attemptFrom(values)))}\n`)
  return 0
}

function describeUnsealing({ sealed, shares }: Unsealing): string {
  if (!sealed) return 'unsealed'
  return `still sealed: ${shares?.given ?? 0} of ${shares?.needed ?? 0} shares`
}

/** What somebody opens a seal with. @param shares asks for shares until there are enough */
export async function openerFrom(
  values: OpenerValues,
  shares: (next: NextShare) => Promise<Opener>,
): Promise<Opener> {
  switch (meansOf(values)) {
    case 'words':
      return openerOfWords(await askWords())
    case 'passphrase':
      return { kind: 'passphrase', passphrase: await askPassphrase() }
    case 'share':
      return openerOfTypedShares(shares)
    case 'token':
      return { kind: 'pkcs11' }
    case 'file':
      return openerOfFile(values.file ?? '')
  }
}

async function openerOfTypedShares(shares: (next: NextShare) => Promise<Opener>): Promise<Opener> {
  const lines = new TypedLines({ hidden: false })
  try {
    return await shares((progress) =>
      lines.ask(
        progress === null
          ? 'share: '
          : `share (${progress.given} given, ${progress.needed} needed): `,
      ),
    )
  } finally {
    lines.close()
  }
}

async function runTest(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(words, { ...dataOption, ...openerOptions }, 1)
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const wanted = idFrom('seal', positionals[0])
  const opener = await openerFrom(values, (next) => openerOfShares(config, next))
  const sealId = await testSeal(config, opener, wanted)
  process.stdout.write(`seal ${sealId} opens this instance\n`)
  return 0
}

async function runList(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...dataOption, json: { type: 'boolean' } })
  const seals = await listSeals(configFor({ KEYSTEAD_DATA: values.data }))
  if (values.json === true) printJson({ seals })
  for (const seal of values.json === true ? [] : seals) {
    const kind =
      seal.threshold === undefined
        ? seal.kind
        : `${seal.kind} (${seal.threshold} of ${seal.shares})`
    const proved = seal.provedAt === null ? 'never tested' : `tested ${seal.provedAt}`
    const exported = seal.exportedAt === null ? '' : `, exported ${seal.exportedAt}`
    process.stdout.write(`${seal.sealId}  ${kind}, made ${seal.createdAt}, ${proved}${exported}\n`)
  }
  return 0
}

async function runAddFile(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...dataOption, out: { type: 'string' } })
  if (values.out === undefined) throw new UsageError('--out is required')
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const sealId = await addFileSeal(config, values.out)
  process.stdout.write(`added file seal ${sealId}: its key is in ${values.out}\n`)
  return 0
}

async function runAddRecovery(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...dataOption, json: { type: 'boolean' } })
  const made = await addRecoverySeal(configFor({ KEYSTEAD_DATA: values.data }))
  if (values.json === true) printJson(made)
  else process.stderr.write(`${recoveryNotice(made.words)}\n`)
  process.stderr.write(provingNotice(made.sealId, ''))
  return 0
}

async function runAddPassphrase(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, dataOption)
  const lines = new TypedLines({ hidden: true })
  try {
    const passphrase = await lines.ask('new passphrase: ')
    if ((await lines.ask('once more: ')) !== passphrase) {
      throw new UsageError('the two passphrases differ')
    }
    const sealId = await addPassphraseSeal(configFor({ KEYSTEAD_DATA: values.data }), passphrase)
    process.stdout.write(`added passphrase seal ${sealId}\n`)
  } finally {
    lines.close()
  }
  return 0
}

async function runAddShamir(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...dataOption,
    threshold: { type: 'string' },
    shares: { type: 'string' },
    json: { type: 'boolean' },
  })
  const sizes = { threshold: Number(values.threshold), count: Number(values.shares) }
  if (!Number.isInteger(sizes.threshold) || !Number.isInteger(sizes.count)) {
    throw new UsageError('--threshold and --shares are required, and numbers')
  }
  const made = await addShamirSeal(configFor({ KEYSTEAD_DATA: values.data }), sizes)
  if (values.json === true) printJson(made)
  else process.stderr.write(sharesNotice(made.shares, sizes.threshold))
  process.stderr.write(provingNotice(made.sealId, ' --share'))
  return 0
}

function sharesNotice(shares: readonly string[], threshold: number): string {
  const numbered = shares.map((share, index) => `share ${index + 1}:\n${share}\n`)
  return [
    `SHARES: give each to another person to write down now. Any ${threshold} of them open this instance;`,
    'they are stored nowhere, and not shown again.',
    '',
    ...numbered,
  ].join('\n')
}

function provingNotice(sealId: string, option: string): string {
  return `\nThen type \`npx keystead seal test${option} ${sealId}\`: until it has been opened once, no other seal can be removed in its favour.\n`
}

async function runAddToken(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, dataOption)
  const sealId = await addTokenSeal(configFor({ KEYSTEAD_DATA: values.data }))
  process.stdout.write(`added pkcs11 seal ${sealId}\n`)
  return 0
}

const adders: ReadonlyMap<string, Command['run']> = new Map([
  ['file', runAddFile],
  ['passphrase', runAddPassphrase],
  ['pkcs11', runAddToken],
  ['recovery', runAddRecovery],
  ['shamir', runAddShamir],
])

function runAdd([kind = '', ...words]: readonly string[]): Promise<number> | number {
  const adder = adders.get(kind)
  if (adder !== undefined) return adder(words)
  throw new UsageError(`name a kind of seal: ${[...adders.keys()].join(', ')}`)
}

async function runRemove(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(words, dataOption, 1)
  const sealId = requiredId('seal', positionals[0])
  await removeSeal(configFor({ KEYSTEAD_DATA: values.data }), sealId)
  process.stdout.write(`removed seal ${sealId}: its secret opens this instance no more\n`)
  return 0
}

async function runExport(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, { ...dataOption, out: { type: 'string' } })
  if (values.out === undefined) throw new UsageError('--out is required')
  const sealId = await exportSealFile(configFor({ KEYSTEAD_DATA: values.data }), values.out)
  process.stdout.write(`copied the key of seal ${sealId} to ${values.out}: keep it elsewhere\n`)
  return 0
}

const MEANS = '[--passphrase | --share | --token | --file PATH]'

export const sealCommands: Record<string, Command> = {
  unseal: {
    synopsis: `unseal ${MEANS}`,
    about: 'open a sealed server: with recovery words unless another means is named',
    run: runUnseal,
  },
  'seal list': {
    synopsis: 'seal list [--json]',
    about: 'what opens this instance',
    run: runList,
  },
  'seal add': {
    synopsis:
      'seal add file --out PATH | passphrase | pkcs11 | recovery | shamir --threshold K --shares N',
    about: 'add a seal: words and shares are printed once',
    run: runAdd,
  },
  'seal test': {
    synopsis: `seal test [ID] ${MEANS}`,
    about: 'prove that a secret opens this instance; nothing is unsealed',
    run: runTest,
  },
  'seal export': {
    synopsis: 'seal export --out PATH',
    about: 'copy the seal key file, to be kept elsewhere',
    run: runExport,
  },
  'seal remove': {
    synopsis: 'seal remove ID',
    about: 'remove a seal, if another one is known to work',
    run: runRemove,
  },
}
