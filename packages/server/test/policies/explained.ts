// An organization that asks what would be decided, and what it is told.
import { type Hex, serializeTransaction } from 'viem'
import type { Answer } from '../../../../tests/support/client.ts'
import { adminClient, type AppClient, createWallet, type TestUser } from '../support/client.ts'
import type { Instance } from '../support/instance.ts'

export const TO: Hex = '0x000000000000000000000000000000000000dEaD'

interface Explanation {
  ok: boolean
  value?: boolean
  error?: { code: string }
  steps: { text: string; values: { value: unknown }[] }[]
  changes: { subject: string; relation: string; bound: string; text: string }[]
}

/** One of `policies[]`. */
export interface Told {
  policyId: string
  policyName: string
  outcome: string
  state: string
  condition: Explanation | null
  consensus: Explanation | null
  missingApprovals: { userIds: string[][]; isComplete: boolean } | null
}

export const outcomeAndReason = (answer: Answer) => [answer.at('outcome'), answer.at('decidedBy')]

/** The policy at `index` of an answer. */
export const told = (answer: Answer, index = 0) => answer.at<Told>(`policies.${index}`)

export const allow = { effect: 'EFFECT_ALLOW', notes: '' }
export const deny = { effect: 'EFFECT_DENY', notes: '' }

/** Of one root user and two others, with a wallet. */
export class Place {
  readonly root: AppClient
  readonly rootId: string
  readonly ann: TestUser
  readonly bob: TestUser
  readonly address: string

  constructor(parts: Pick<Place, 'root' | 'rootId' | 'ann' | 'bob' | 'address'>) {
    this.root = parts.root
    this.rootId = parts.rootId
    this.ann = parts.ann
    this.bob = parts.bob
    this.address = parts.address
  }

  async policy(params: object): Promise<string> {
    const all = { policyName: 'policy', ...params }
    const made = await this.root.submit('create_policy', all, 'CREATE_POLICY_V3')
    return made.at('activity.result.createPolicyResult.policyId')
  }

  transactionBody(change: { value?: bigint; to?: Hex; signWith?: string } = {}): string {
    const { value = 5n, to = TO, signWith = this.address } = change
    const fees = { maxFeePerGas: 2n, gas: 21_000n, nonce: 0 }
    const signed = { type: 'eip1559', chainId: 1, ...fees, value, to } as const
    const unsignedTransaction = serializeTransaction(signed)
    const type = 'TRANSACTION_TYPE_ETHEREUM'
    return this.root.body('SIGN_TRANSACTION_V2', { signWith, unsignedTransaction, type })
  }
}

export async function createPlace(instance: Instance): Promise<Place> {
  const admin = await instance.createOrganization('explained')
  const root = adminClient(instance.app, admin)
  const [ann, bob] = [await root.createUser('ann'), await root.createUser('bob')]
  const { address } = await createWallet(root, 'treasury')
  return new Place({ root, rootId: admin.userId, ann, bob, address })
}

export const dryRun = (client: AppClient, body: string) =>
  client.send('query/evaluate_activity', body)
