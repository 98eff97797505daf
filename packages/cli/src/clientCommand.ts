// The shape that all commands of the `turnkey` command line share: its flags, its output, its errors.
import { callerOptions } from './client.ts'
import { type Command, explain, type Options, readOptions, UsageError } from './command.ts'
import { type EncryptionKey, loadEncryptionKey } from './encryptionKeys.ts'
import { defaultFolder, hasKey } from './keyFiles.ts'
import { type Format, formatValue } from './output.ts'

/** Flags that each of these commands takes. */
const commonOptions = {
  ...callerOptions,
  'encryption-keys-folder': { type: 'string' },
  'encryption-key-name': { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const

type Read<O extends Options> = ReturnType<typeof readOptions<O & typeof commonOptions>>
type CommonValues = Read<Record<never, never>>['values']

interface Definition<O extends Options> {
  /** How it is typed, after `keystead`, without the flags that all share. */
  synopsis: string
  about: string
  options: O
  /** Words besides the flags. */
  positionals?: number
  /** @returns what is printed; undefined: nothing */
  run(values: Read<O>['values'], words: readonly string[]): unknown
}

/** A command that prints JSON or YAML, its errors too, and then ends with 1. */
export function clientCommand<const O extends Options>(definition: Definition<O>): Command {
  const { synopsis, about, options, positionals = 0, run } = definition
  return {
    synopsis,
    about,
    async run(words) {
      const print = (value: unknown) =>
        process.stdout.write(formatValue(value, formatAsked(words)))
      try {
        const read = readOptions(words, { ...commonOptions, ...options }, positionals) as Read<O>
        assertFormat((read.values as CommonValues).output)
        const value = await run(read.values, read.positionals)
        if (value !== undefined) print(value)
        return 0
      } catch (error) {
        print({ error: explain(error) })
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
