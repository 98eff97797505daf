// What policies see of parameters, and what is kept of what policies came to.
import { preparePolicy, decide } from '@keystead/policy'
import { describe, expect, test } from 'vitest'
import { evaluationsText } from '../../src/domain/policy/evaluations.ts'
import { createTurnkeyFamily } from '../../src/family/turnkey/turnkey.ts'
import type { Context } from '../../src/operation/context.ts'
import { policyContexts } from '../../src/operation/policyContext.ts'
import type { JsonValue } from '../../src/platform/strictJson.ts'

const ID = '019A0000-0000-7000-8000-00000000000A'
const family = createTurnkeyFamily({ signUp: false })

/** The contexts of a submission that no policy needs an organization for. */
async function contextsOf(type: string, parameters: object) {
  const envelope = { type, timestampMs: '1', organizationId: ID, parameters }
  const submission = family.parseSubmission(JSON.parse(JSON.stringify(envelope)) as JsonValue)
  return policyContexts({} as Context, submission)
}

describe('policies see', () => {
  test('the type as it was sent, and what it does to what', async () => {
    const users = [{ userName: 'u', apiKeys: [] }]
    const [context, ...more] = await contextsOf('ACTIVITY_TYPE_CREATE_USERS_V3', { users })
    expect(more).toEqual([])
    expect(context?.activity).toMatchObject({
      type: 'ACTIVITY_TYPE_CREATE_USERS_V3',
      resource: 'USER',
      action: 'CREATE',
    })
  })

  test('parameters under their published names, ids in lower case, no list missing', async () => {
    const users = [{ userName: 'u', userEmail: null, userTags: [ID] }]
    const [context] = await contextsOf('ACTIVITY_TYPE_CREATE_USERS_V4', { users })
    expect(context?.activity).toMatchObject({
      params: {
        users: [
          {
            user_name: 'u',
            user_tags: [ID.toLowerCase()],
            api_keys: [],
            authenticators: [],
            oauth_providers: [],
          },
        ],
      },
    })
    expect(context?.activity).not.toHaveProperty('params.users.0.user_email')
  })

  test('values as the protocol writes them', async () => {
    const account = {
      curve: 'CURVE_ED25519',
      pathFormat: 'PATH_FORMAT_BIP32',
      path: 'm/0',
      addressFormat: 'ADDRESS_FORMAT_SOLANA',
    }
    const parameters = { walletName: 'w', accounts: [account], mnemonicLength: 24 }
    const [context] = await contextsOf('ACTIVITY_TYPE_CREATE_WALLET', parameters)
    expect(context?.activity).toHaveProperty('params', {
      wallet_name: 'w',
      accounts: [
        {
          curve: 'CURVE_ED25519',
          path_format: 'PATH_FORMAT_BIP32',
          path: 'm/0',
          address_format: 'ADDRESS_FORMAT_SOLANA',
        },
      ],
      mnemonic_length: 24,
    })
  })

  test('the parameters of the version that was sent', async () => {
    const selector = { subject: 'wallet.label', operator: 'OPERATOR_EQUAL', target: 'w' }
    const parameters = { policyName: 'p', effect: 'EFFECT_DENY', selectors: [selector], notes: '' }
    const [context] = await contextsOf('ACTIVITY_TYPE_CREATE_POLICY', parameters)
    expect(context?.activity).toHaveProperty('params.selectors', [selector])
  })
})

describe('of what policies came to', () => {
  const user = { id: 'a', tags: [], email: '', alias: 'a' }
  const policy = (id: string, effect: 'allow' | 'deny', parts: object) => {
    const made = preparePolicy({ id, effect, condition: null, consensus: null, ...parts })
    if (!made.ok) throw new Error(made.error.message)
    return made.policy
  }
  const HOLD = { kind: 'hold' } as const
  const keptOf = (
    verdict: typeof HOLD | { kind: 'deny'; explicit: boolean },
    policies: ReturnType<typeof policy>[],
  ) => {
    const activity = { type: 'ACTIVITY_TYPE_CREATE_WALLET', resource: 'WALLET', action: 'CREATE' }
    const request = { context: { activity }, approvers: [], users: [user] }
    const { evaluations } = decide(policies, request)
    return JSON.parse(evaluationsText({ evaluations, ...verdict }) ?? 'null') as unknown
  }

  const kept = (...policies: ReturnType<typeof policy>[]) => keptOf(HOLD, policies)

  test('those are kept that had a say', () => {
    expect(
      kept(
        policy('allows', 'allow', {}),
        policy('elsewhere', 'allow', { condition: "activity.action == 'SIGN'" }),
        policy('asks', 'allow', { consensus: "approvers.any(user, user.id == 'a')" }),
        policy('asks nobody', 'allow', { consensus: "approvers.any(user, user.id == 'b')" }),
        policy('denies', 'deny', { condition: "activity.action == 'CREATE'" }),
        policy('breaks', 'deny', { condition: "activity.params.a == 'b'" }),
        policy('not applicable', 'deny', { condition: 'eth.tx.value > 0' }),
      ),
    ).toEqual([
      { policyId: 'allows', outcome: 'ALLOW' },
      { policyId: 'asks', outcome: 'REQUIRES_CONSENSUS' },
      { policyId: 'denies', outcome: 'DENY_EXPLICIT' },
      { policyId: 'breaks', outcome: 'ERROR' },
    ])
  })

  test('nothing is kept where none had', () => {
    expect(evaluationsText({ evaluations: [], ...HOLD })).toBe(null)
    const elsewhere = policy('elsewhere', 'allow', { condition: "activity.action == 'SIGN'" })
    expect(kept(elsewhere)).toBe(null)
    expect(keptOf({ kind: 'deny', explicit: true }, [elsewhere])).toBe(null)
  })

  test('all are kept of a denial in which none had', () => {
    const elsewhere = policy('elsewhere', 'allow', { condition: "activity.action == 'SIGN'" })
    const all = [{ policyId: 'elsewhere', outcome: 'DENY_IMPLICIT' }]
    expect(keptOf({ kind: 'deny', explicit: false }, [elsewhere])).toEqual(all)
  })
})
