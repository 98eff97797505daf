// The shape that all commands of the `turnkey` command line share: its flags, its output, its errors.
import { callerOptions } from './client.ts'
import { type Command, explain, type Options, readOptions, UsageError } from './command.ts'
import { type EncryptionKey, loadEncryptionKey } from './encryptionKeys.ts'
import { defaultFolder, hasKey } from './keyFiles.ts'
import { type Format, formatError, formatValue } from './output.ts'

/** Flags that each of these commands takes. */
const commonOptions = {
  ...callerOptions,
  'encryption-keys-folder': { type: 'string' },
  'encryption-key-name': { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const

type Read<O extends Options> = ReturnType<typeof readOptions<O & typeof commonOptions>>
export type CommonValues = Read<Record<never, never>>['values']

interface Definition<O extends Options> {
  /** How it is typed, after `keystead`, without the flags that all share. */
  synopsis: string
  about: string
  options: O
  /** Words besides the flags. */
  positionals?: number
  /** @returns what is printed; undefined: nothing */
  run: (values: Read<O>['values'], words: readonly string[]) => unknown
}

const SHARED_FLAGS = `All of these take as well:
    --organization ID                the organization; by default the one of the key
    --host URL|HOST[:PORT]           the server; by default the one on this machine
    -k, --key-name NAME              the API key; by default the one of ./data/admin.json, if it is
                                     there, else \`default\`
    -d, --keys-folder DIR            where API keys are; by default ~/.config/turnkey/keys
    --key FILE                       an API key as \`init\` writes it, instead
    --encryption-key-name NAME       the key for import and export; by default \`default\`
    --encryption-keys-folder DIR     by default ~/.config/turnkey/encryption-keys
    --data DIR                       the data directory of the server on this machine
    -o, --output json|yaml           how to print; by default json`

/** A command that prints JSON or YAML, its errors too, and then ends with 1. */
export function clientCommand<const O extends Options>(definition: Definition<O>): Command {
  const { synopsis, about, options, positionals = 0, run } = definition
  return {
    synopsis,
    about,
    note: SHARED_FLAGS,
    async run(words) {
      const format = formatAsked(words)
      try {
        const read = readOptions(words, { ...commonOptions, ...options }, positionals) as Read<O>
        assertFormat((read.values as CommonValues).output)
        const value = await run(read.values, read.positionals)
        if (value !== undefined) process.stdout.write(formatValue(value, format))
        return 0
      } catch (error) {
        process.stdout.write(formatError(explain(error), format))
        return 1
      }
    },
  }
}

/** `--encryption-key-name`, by default `default`. @throws CommandError when there is none */
export function encryptionKeyOf(values: CommonValues): EncryptionKey {
  return loadEncryptionKey(...encryptionKeyPlace(values))
}

/** The same, or undefined when none was named and there is no `default`. @throws CommandError */
export function encryptionKeyIfAny(values: CommonValues): EncryptionKey | undefined {
  const [folder, name] = encryptionKeyPlace(values)
  const isNamed = values['encryption-key-name'] !== undefined
  return isNamed || hasKey(folder, name) ? loadEncryptionKey(folder, name) : undefined
}

function encryptionKeyPlace(values: CommonValues): [folder: string, name: string] {
  const folder = values['encryption-keys-folder'] ?? defaultFolder('encryption-keys')
  return [folder, values['encryption-key-name'] ?? 'default']
}

function assertFormat(format: string | undefined): void {
  if (format === undefined || format === 'json' || format === 'yaml') return
  throw new UsageError(`--output is json or yaml, not \`${format}\``)
}

/** Also when the other words cannot be read. */
function formatAsked(words: readonly string[]): Format {
  return /(^|\n)(-o|--output)[=\n]?yaml($|\n)/.test(words.join('\n')) ? 'yaml' : 'json'
}
