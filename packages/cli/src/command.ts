// What a sub-command is, and how its options are read.
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import {
  AppError,
  ArchiveError,
  type Config,
  ConfigError,
  describeConfig,
  HostError,
  isUuid,
  readConfig,
} from '@keystead/server/commands'

export interface Command {
  /** How it is typed, after `keystead`. */
  synopsis: string
  /** What it does, in a few words. */
  about: string
  /** What its help says besides, such as the flags that it shares with others. */
  note?: string
  /** @returns the exit code */
  run(words: readonly string[]): Promise<number> | number
}

/** The command line itself was wrong. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The command line was right, and what it asks for cannot be done. */
export class CommandError extends Error {
  override name = 'CommandError'
}

/** What a person is told of a failure: one line, or the stack of what should not have happened. */
export function explain(error: unknown): string {
  const expected = [HostError, ArchiveError, ConfigError, UsageError, CommandError, AppError]
  if (expected.some((kind) => error instanceof kind)) return (error as Error).message
  if (error instanceof Error && 'code' in error) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

export type Options = NonNullable<ParseArgsConfig['options']>

/** Reads `--options` and at most `positionalsMax` other words. @throws UsageError */
export function readOptions<const O extends Options>(
  words: readonly string[],
  options: O,
  positionalsMax = 0,
) {
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
    const extra = parsed.positionals[positionalsMax]
    if (extra !== undefined) throw new Error(`unexpected argument \`${extra}\``)
    return parsed
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}

/** Options that every command with a data directory takes. */
export const dataOption = { data: { type: 'string' } } as const

/** Options of commands about one organization. */
export const organizationOption = { ...dataOption, organization: { type: 'string' } } as const

/** The id that `--<name>` gives, in lower case; null when it is left out. @throws UsageError */
export function idFrom(name: string, value: string | undefined): string | null {
  if (value === undefined) return null
  if (isUuid(value)) return value.toLowerCase()
  throw new UsageError(`--${name} must be a UUID`)
}

/** The id that `--<name>` has to give. @throws UsageError */
export function requiredId(name: string, value: string | undefined): string {
  const id = idFrom(name, value)
  if (id === null) throw new UsageError(`--${name} is required`)
  return id
}

/** The text that `--<name>` has to give. @throws UsageError */
export function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`--${name} is required`)
  return value
}

/** The items of a flag that may be given several times, and several separated by commas. */
export function listOf(values: readonly string[] | undefined): string[] {
  return (values ?? []).flatMap((value) => value.split(',')).filter((item) => item !== '')
}

/** The configuration of the environment, with options that override it. */
export function configFor(overrides: Record<string, string | undefined>): Config {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined)
  return readConfig(process.env, Object.fromEntries(given) as Record<string, string>)
}

/** Every setting as the environment has it. */
export function describeSettings() {
  return describeConfig(process.env)
}

/** Where programs keep a user's own settings (XDG Base Directory Specification). */
export function configFolder(): string {
  const named = process.env['XDG_CONFIG_HOME'] ?? ''
  return isAbsolute(named) ? named : join(homedir(), '.config')
}

/** A value, `@FILE`, or `-` for the standard input. */
export function readArgument(value: string): string {
  if (value === '-') return readFileSync(0, 'utf8')
  return value.startsWith('@') ? readFileSync(value.slice(1), 'utf8') : value
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
