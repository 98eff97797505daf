// What `help` prints: every command in a line, or some of them with their flags.
import type { Command } from './command.ts'

/** All commands by name, each with what it does. */
export function overview(commands: Readonly<Record<string, Command>>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  return [
    'keystead: one server for keys, passkeys and secrets',
    '',
    ...Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    '',
    '`keystead COMMAND --help` shows its flags.',
    '',
  ].join('\n')
}

/** The commands given, with their flags. */
export function details(commands: readonly Command[]): string {
  const notes = new Set(commands.map(({ note }) => note))
  return [
    ...commands.flatMap(({ synopsis, about }) => [`keystead ${synopsis}`, `    ${about}`, '']),
    ...[...notes].flatMap((note) => (note === undefined ? [] : [note, ''])),
  ].join('\n')
}
