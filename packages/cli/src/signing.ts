// Commands that sign: a payload as it is, an Ethereum transaction.
import { Client } from './client.ts'
import { clientCommand } from './clientCommand.ts'
import { type Command, readArgument, required } from './command.ts'

/** An address of a wallet account or private key, or an id. */
const signer = { type: 'string', short: 's' } as const

export const signingCommands: Record<string, Command> = {
  'raw sign': clientCommand({
    synopsis:
      'raw sign -s SIGNER --payload TEXT|@FILE|- [--payload-encoding NAME] [--hash-function NAME]',
    about: 'sign a payload; SIGNER is an address or an id',
    options: {
      signer,
      payload: { type: 'string' },
      'payload-encoding': { type: 'string', default: 'PAYLOAD_ENCODING_TEXT_UTF8' },
      'hash-function': { type: 'string', default: 'HASH_FUNCTION_SHA256' },
    },
    run: (values) =>
      new Client(values).submit('sign_raw_payload', 'SIGN_RAW_PAYLOAD_V2', {
        signWith: required('signer', values.signer),
        payload: readArgument(required('payload', values.payload)),
        encoding: values['payload-encoding'],
        hashFunction: values['hash-function'],
      }),
  }),
  'ethereum transaction': clientCommand({
    synopsis: 'ethereum transaction -s SIGNER --payload HEX|@FILE|-',
    about: 'sign an unsigned Ethereum transaction',
    options: { signer, payload: { type: 'string' } },
    run: (values) =>
      new Client(values).submit('sign_transaction', 'SIGN_TRANSACTION_V2', {
        signWith: required('signer', values.signer),
        type: 'TRANSACTION_TYPE_ETHEREUM',
        unsignedTransaction: readArgument(required('payload', values.payload)).trim(),
      }),
  }),
}
