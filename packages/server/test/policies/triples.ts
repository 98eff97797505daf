// Random organizations, policies and requests, made so that every outcome is common.
import { serializeTransaction } from 'viem'
import { apiKeyParams, generateKey, type Answer } from '../../../../tests/support/client.ts'
import type { Random } from '../../../../tests/support/random.ts'
import { adminClient, type AppClient, createWallet, formQuorum } from '../support/client.ts'
import type { Instance } from '../support/instance.ts'

/** An organization with root users, other users, tags, a wallet and a private key. */
export interface Place {
  roots: AppClient[]
  others: AppClient[]
  userIds: string[]
  rootIds: string[]
  threshold: number
  tagId: string
  walletId: string
  address: string
  privateKeyId: string
  privateKeyTagId: string
}

const OTHERS = 3
const RECIPIENTS = [
  '0x000000000000000000000000000000000000dEaD',
  '0x000000000000000000000000000000000000bEEF',
] as const

const made = (answer: Answer, path: string) => answer.at(`activity.result.${path}`)

/** One of `choices`. */
function pick<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[random.below(choices.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}

export async function createPlace(instance: Instance, random: Random): Promise<Place> {
  const admin = await instance.createOrganization('random')
  const root = adminClient(instance.app, admin)
  const users = []
  while (users.length < OTHERS) users.push(await root.createUser(`user ${users.length}`))
  const [first, second] = users.map(({ userId }) => userId)
  const tag = { userTagName: 'ops', userIds: [first, second] }
  const tagId = made(await root.submit('create_user_tag', tag), 'createUserTagResult.userTagId')
  const key = await root.submit(
    'create_private_keys',
    {
      privateKeys: [
        {
          privateKeyName: 'hot',
          curve: 'CURVE_SECP256K1',
          addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
        },
      ],
    },
    'CREATE_PRIVATE_KEYS_V2',
  )
  const privateKeyId = made(key, 'createPrivateKeysResultV2.privateKeys.0.privateKeyId')
  const keyTag = { privateKeyTagName: 'hot', privateKeyIds: [privateKeyId] }
  const taggedKey = await root.submit('create_private_key_tag', keyTag)
  const wallet = await createWallet(root, 'treasury')
  const count = 1 + random.below(3)
  const threshold = 1 + random.below(count)
  const roots = await formQuorum(instance.app, admin, { count, threshold })
  return {
    roots: roots.map(({ client }) => client),
    others: users.map(({ client }) => client),
    userIds: [...roots, ...users].map(({ userId }) => userId),
    rootIds: roots.map(({ userId }) => userId),
    threshold,
    tagId,
    ...wallet,
    privateKeyId,
    privateKeyTagId: made(taggedKey, 'createPrivateKeyTagResult.privateKeyTagId'),
  }
}

/** Has the root quorum do something. */
async function asQuorum({ roots }: Place, name: string, parameters: object): Promise<Answer> {
  const [first, ...more] = roots
  let answer = await first?.submit(name, parameters)
  const fingerprint = answer?.at('activity.fingerprint') ?? ''
  for (const root of more) {
    if (answer?.at('activity.status') === 'ACTIVITY_STATUS_COMPLETED') break
    answer = await root.approve(fingerprint)
  }
  if (answer?.at('activity.status') !== 'ACTIVITY_STATUS_COMPLETED') {
    throw new Error(`${name}: ${answer?.text}`)
  }
  return answer
}

/** Conditions of every kind: about the request, the key, the transaction; and some that err. */
function conditions(place: Place): string[] {
  return [
    '',
    "activity.action == 'SIGN'",
    "activity.resource == 'USER'",
    "activity.type == 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2'",
    "activity.action != 'SIGN' || eth.tx.value < 3",
    'eth.tx.value <= 2',
    `eth.tx.to == '${RECIPIENTS[0]}' && eth.tx.chain_id == 1`,
    "eth.tx.data[0..10] == '0xa9059cbb'",
    'eth.tx.max_fee_per_gas > 5',
    `wallet.id == '${place.walletId}'`,
    "wallet.label == 'treasury' && eth.tx.value > 1",
    `wallet_account.address == '${place.address}'`,
    `private_key.tags.contains('${place.privateKeyTagId}')`,
    `activity.params.sign_with == '${place.privateKeyId}'`,
    'activity.params.users.count() == 1',
  ]
}

/** Consensus of every kind; of the last, nobody knows who the second approver is. */
function consensuses({ userIds, tagId }: Place, random: Random): string[] {
  return [
    '',
    '',
    `approvers.any(user, user.id == '${pick(random, userIds)}')`,
    `approvers.filter(user, user.tags.contains('${tagId}')).count() >= ${1 + random.below(2)}`,
    'approvers.count() >= 2',
    "approvers.any(user, user.alias == 'user 2')",
    'approvers.count() > 100',
    "approvers[1].alias == 'user 1'",
  ]
}

const LIMIT = {
  measure: 'LIMIT_MEASURE_SIGNATURES',
  per: 'LIMIT_PER_ORGANIZATION',
  window: { calendar: 'LIMIT_CALENDAR_DAY' },
}

function randomPolicy(place: Place, random: Random, policyName: string): object {
  if (random.below(10) === 0) {
    const limits = [{ ...LIMIT, max: String(random.below(2)) }]
    return { policyName, effect: 'EFFECT_DENY', notes: '', limits }
  }
  return {
    policyName,
    effect: random.below(5) < 2 ? 'EFFECT_DENY' : 'EFFECT_ALLOW',
    condition: pick(random, conditions(place)),
    consensus: pick(random, consensuses(place, random)),
    notes: '',
  }
}

/** Gives the organization up to five policies in the place of those that it has. */
export async function replacePolicies(place: Place, random: Random): Promise<void> {
  const [root] = place.roots
  const present = (await root?.query('list_policies'))?.at<{ policyId: string }[]>('policies') ?? []
  const policyIds = present.map(({ policyId }) => policyId)
  if (policyIds.length > 0) await asQuorum(place, 'delete_policies', { policyIds })
  const policies = Array.from({ length: random.below(6) }, (_, at) =>
    randomPolicy(place, random, `policy ${at}`),
  )
  if (policies.length > 0) await asQuorum(place, 'create_policies', { policies })
}

function transaction(random: Random) {
  const common = {
    chainId: 1,
    nonce: 0,
    gas: 21_000n,
    to: pick(random, RECIPIENTS),
    value: BigInt(random.below(5)),
    data: pick(random, ['0x', '0xa9059cbb00', '0x00'] as const),
  }
  const fees = { maxFeePerGas: BigInt(random.below(10)) }
  return random.below(3) === 0
    ? serializeTransaction({ ...common, type: 'legacy', gasPrice: 1n })
    : serializeTransaction({ ...common, ...fees, type: 'eip1559' })
}

/** A submission that may be made: its path, and its body. */
export interface Request {
  client: AppClient
  path: string
  body: string
}

type Draft = [name: string, type: string, parameters: object]

const RAW = {
  encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
  hashFunction: 'HASH_FUNCTION_KECCAK256',
} as const

/** Signs, manages users, its own or another's credentials, or what root users alone may do. */
function drafts(place: Place, random: Random, name: string): (() => Draft)[] {
  const { address, privateKeyId, threshold, rootIds: userIds, walletId } = place
  const signWith = pick(random, [
    address,
    address,
    privateKeyId,
    privateKeyId,
    `0x${'1'.repeat(40)}`,
  ])
  const transact = (): Draft => {
    const unsignedTransaction = random.below(12) === 0 ? '02c0' : transaction(random)
    const type = 'TRANSACTION_TYPE_ETHEREUM'
    const parameters = { signWith, unsignedTransaction, type }
    return ['sign_transaction', 'SIGN_TRANSACTION_V2', parameters]
  }
  const apiKeys = [{ ...apiKeyParams(generateKey(), name), expirationSeconds: '1000' }]
  return [
    transact,
    transact,
    transact,
    () => ['sign_raw_payload', 'SIGN_RAW_PAYLOAD_V2', { signWith, payload: name, ...RAW }],
    () => ['sign_raw_payloads', 'SIGN_RAW_PAYLOADS', { signWith, payloads: [name, 'b'], ...RAW }],
    () => ['create_users', 'CREATE_USERS_V4', { users: [{ userName: name, apiKeys }] }],
    () => [
      'create_api_keys',
      'CREATE_API_KEYS_V2',
      { userId: pick(random, place.userIds), apiKeys },
    ],
    () => ['update_wallet', 'UPDATE_WALLET', { walletId, walletName: 'treasury' }],
    () => ['update_root_quorum', 'UPDATE_ROOT_QUORUM', { threshold, userIds }],
  ]
}

export function randomRequest(place: Place, random: Random, name: string): Request {
  const client = pick(random, random.below(4) === 0 ? place.roots : place.others)
  const [path, type, parameters] = pick(random, drafts(place, random, name))()
  return { client, path, body: client.body(type, parameters) }
}
