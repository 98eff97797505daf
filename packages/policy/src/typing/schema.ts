// The keywords, structs and enumerations of the language: one row each.
import { activityTypes } from './activityTypes.ts'
import type { StringKind, Type } from './type.ts'

/** A consensus says who must approve, a condition to what the policy applies. */
export type PolicyPart = 'consensus' | 'condition'

const bool = { kind: 'bool' } as const
const int = { kind: 'int' } as const
const dynamic = { kind: 'dynamic' } as const
const string = <const K extends StringKind = 'text'>(of?: K) =>
  ({ kind: 'string', of: (of ?? 'text') as K }) as const
const list = <const T extends Type>(item: T) => ({ kind: 'list', item }) as const
const struct = <const N extends string, const F extends Readonly<Record<string, Type>>>(
  name: N,
  fields: F,
) => {
  // Without a prototype, so that `constructor` is no field.
  const own: F = Object.assign(Object.create(null) as object, fields)
  return { kind: 'struct', name, fields: own } as const
}

const user = struct('User', {
  id: string(),
  tags: list(string()),
  email: string(),
  alias: string(),
})

const activity = struct('Activity', {
  type: string('activityType'),
  resource: string('resource'),
  action: string('action'),
  params: dynamic,
})

const wallet = struct('Wallet', { id: string(), imported: bool, exported: bool, label: string() })

const walletAccount = struct('WalletAccount', { address: string('address') })

const privateKey = struct('PrivateKey', {
  id: string(),
  tags: list(string()),
  imported: bool,
  exported: bool,
  label: string(),
})

const ethereumTransaction = struct('EthereumTransaction', {
  from: string('address'),
  to: string('address'),
  data: string(),
  value: int,
  gas: int,
  gas_price: int,
  chain_id: int,
  nonce: int,
  max_fee_per_gas: int,
  max_priority_fee_per_gas: int,
  max_fee_per_blob_gas: int,
  type: string('ethereumType'),
})

const typedDataDomain = struct('TypedDataDomain', {
  name: string(),
  version: string(),
  chain_id: int,
  verifying_contract: string('address'),
  salt: string(),
})

const typedData = struct('TypedData', {
  primary_type: string(),
  domain: typedDataDomain,
  message: dynamic,
})

const addressTableLookup = struct('AddressTableLookup', {
  address_table_key: string(),
  writable_indexes: list(int),
  readonly_indexes: list(int),
})

const solanaAccount = struct('Account', { account_key: string(), signer: bool, writable: bool })

const instruction = struct('Instruction', {
  program_key: string(),
  accounts: list(solanaAccount),
  instruction_data_hex: string(),
  address_table_lookups: list(addressTableLookup),
})

const transfer = struct('Transfer', { from: string(), to: string(), amount: int })

const splTransfer = struct('SPLTransfer', {
  from: string(),
  to: string(),
  amount: int,
  owner: string(),
  signers: list(string()),
  token_mint: string(),
})

const solanaTransaction = struct('SolanaTransaction', {
  account_keys: list(string()),
  program_keys: list(string()),
  instructions: list(instruction),
  transfers: list(transfer),
  recent_blockhash: string(),
  spl_transfers: list(splTransfer),
  address_table_lookups: list(addressTableLookup),
})

const tronContract = struct('TronContract', {
  type: string(),
  permission_id: int,
  owner_address: string(),
  to_address: string(),
  amount: int,
  contract_address: string(),
  call_value: int,
  data: string(),
  call_token_value: int,
  token_id: int,
})

const tronTransaction = struct('TronTransaction', {
  ref_block_bytes: string(),
  ref_block_hash: string(),
  expiration: int,
  timestamp: int,
  data: string(),
  fee_limit: int,
  contract: list(tronContract),
})

const bitcoinOutput = struct('BitcoinOutput', { address: string(), value: int })

const bitcoinTransaction = struct('BitcoinTransaction', { outputs: list(bitcoinOutput) })

/** The keywords, by how they are written, with their types and the part they belong to. */
export const keywords = {
  approvers: { part: 'consensus', type: list(user) },
  activity: { part: 'condition', type: activity },
  wallet: { part: 'condition', type: wallet },
  wallet_account: { part: 'condition', type: walletAccount },
  private_key: { part: 'condition', type: privateKey },
  'eth.tx': { part: 'condition', type: ethereumTransaction },
  'eth.eip_712': { part: 'condition', type: typedData },
  'solana.tx': { part: 'condition', type: solanaTransaction },
  'tron.tx': { part: 'condition', type: tronTransaction },
  'bitcoin.tx': { part: 'condition', type: bitcoinTransaction },
} as const satisfies Record<string, Readonly<{ part: PolicyPart; type: Type }>>

/** A keyword as it is written. */
export type Keyword = keyof typeof keywords

/** The value of a type: a field or item that a request does not tell is left out, or undefined. */
type ValueOf<T> = T extends { kind: 'bool' }
  ? boolean
  : T extends { kind: 'int' }
    ? bigint
    : T extends { kind: 'string' }
      ? string
      : T extends { kind: 'list'; item: infer Item }
        ? readonly (ValueOf<Item> | undefined)[]
        : T extends { kind: 'struct'; fields: infer Fields }
          ? { readonly [Name in keyof Fields]?: ValueOf<Fields[Name]> | undefined }
          : unknown

/** The value that a keyword stands for. */
export type KeywordValue<K extends Keyword> = ValueOf<(typeof keywords)[K]['type']>

/** The first words of the keywords of two. */
export const namespaces: ReadonlySet<string> = new Set(
  Object.keys(keywords).flatMap((keyword) => (keyword.includes('.') ? keyword.split('.', 1) : [])),
)

/** The values of the strings that are one of a few; compared with another, a policy is refused. */
export const enumerations: Readonly<Partial<Record<StringKind, readonly string[]>>> = {
  activityType: activityTypes,
  resource: [
    'USER',
    'PRIVATE_KEY',
    'POLICY',
    'WALLET',
    'ORGANIZATION',
    'INVITATION',
    'CREDENTIAL',
    'CONFIG',
    'RECOVERY',
    'AUTH',
    'PAYMENT_METHOD',
    'SUBSCRIPTION',
  ],
  action: ['CREATE', 'UPDATE', 'DELETE', 'SIGN', 'EXPORT', 'IMPORT'],
  ethereumType: ['LEGACY', 'TYPE_1', 'TYPE_2', 'TYPE_3', 'TYPE_4'],
}
