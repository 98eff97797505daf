// Organizations with policies, and what requests to them come to.
import type { Answer } from '../../../../tests/support/client.ts'
import { adminClient, type AppClient } from '../support/client.ts'
import type { Instance } from '../support/instance.ts'

export const EXPLICIT = '403 policy engine denied request explicitly'
export const IMPLICIT = '403 request not authorized'

/** The status of an activity without its prefix, or the HTTP status and message of an error. */
export function outcome(answer: Answer): string {
  return answer.status === 200
    ? answer.at('activity.status').replace('ACTIVITY_STATUS_', '')
    : `${answer.status} ${answer.at('message')}`
}

let made = 0

/** A new organization's only root user, who alone is its quorum. */
export async function createOwner(instance: Instance): Promise<AppClient> {
  return adminClient(instance.app, await instance.createOrganization(`organization ${++made}`))
}

type Rule = { condition?: string; consensus?: string }

async function createPolicy(owner: AppClient, effect: string, rule: Rule): Promise<string> {
  const params = { policyName: `policy ${++made}`, effect, notes: '', ...rule }
  const answer = await owner.submit('create_policy', params, 'CREATE_POLICY_V3')
  return answer.at('activity.result.createPolicyResult.policyId')
}

/** @returns the id of the policy */
export const allow = (owner: AppClient, rule: Rule) => createPolicy(owner, 'EFFECT_ALLOW', rule)
export const deny = (owner: AppClient, rule: Rule) => createPolicy(owner, 'EFFECT_DENY', rule)

/** Asks for a wallet with a new name. */
export const makeWallet = (client: AppClient) =>
  client.submit('create_wallet', { walletName: `wallet ${++made}`, accounts: [] })

export const WALLETS = "activity.type == 'ACTIVITY_TYPE_CREATE_WALLET'"

/** Whether `client` is told that it may vote, and that both votes are offered alike. */
export async function mayVote(client: AppClient, activityId: string): Promise<boolean> {
  const asked = await client.query('get_activity', { activityId })
  const canApprove = asked.at<boolean>('activity.canApprove')
  if (asked.at<boolean>('activity.canReject') !== canApprove) throw new Error(asked.text)
  return canApprove
}
