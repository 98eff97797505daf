// Commands that list the names which requests may hold: address formats, curves, transaction types.
import { addressFormats } from '@keystead/crypto/node'
import { transactionTypes } from '@keystead/server/commands'
import { clientCommand } from './clientCommand.ts'
import { type Command } from './command.ts'

function addressFormatNames(): string[] {
  return Object.keys(addressFormats).map((name) => `ADDRESS_FORMAT_${name.toUpperCase()}`)
}

function curveNames(): string[] {
  const curves = new Set(Object.values(addressFormats).flatMap((format) => format.curves))
  return [...curves].map((name) => `CURVE_${name.toUpperCase()}`)
}

function listCommand(noun: string, names: () => readonly string[]): Command {
  return clientCommand({
    synopsis: `${noun} list`,
    about: `the ${noun.replace('-', ' ')} that the server knows`,
    options: {},
    run: names,
  })
}

export const wireNameCommands: Record<string, Command> = {
  'address-formats list': listCommand('address-formats', addressFormatNames),
  'curves list': listCommand('curves', curveNames),
  'transaction-types list': listCommand('transaction-types', () => transactionTypes),
}
