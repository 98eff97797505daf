// The set-ups that the documents walk through, with the official clients as the pages use them.
import {
  keccak256,
  recoverMessageAddress,
  recoverTransactionAddress,
  serializeTransaction,
  toHex,
  type TransactionSerialized,
} from 'viem'
import { afterAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient, type TestKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { authenticatorParams, makePasskey, PasskeyClient } from '../../support/webauthn.ts'
import {
  type ClientVersion,
  clientVersions,
  ethereumAccount,
  officialClient,
  startWorld,
  type World,
} from './world.ts'

const ALLOWED = '0x000000000000000000000000000000000000dEaD'
const OTHER = '0x000000000000000000000000000000000000bEEF'
const DENIED = 'request not authorized'

type Official = ReturnType<typeof officialClient>

const unsignedTo = (to: `0x${string}`) =>
  serializeTransaction({
    type: 'eip1559',
    chainId: 1,
    nonce: 0,
    gas: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
    to,
    value: 1n,
  })

const transactionTo = (signWith: string, to: `0x${string}`) => ({
  signWith,
  unsignedTransaction: unsignedTo(to),
  type: 'TRANSACTION_TYPE_ETHEREUM' as const,
})

async function expectSigns(client: Official, signWith: string, to: `0x${string}`): Promise<void> {
  const { signedTransaction } = await client.signTransaction(transactionTo(signWith, to))
  await expectSignedBy(signWith, signedTransaction)
}

async function expectSignedBy(signWith: string, signed: string): Promise<void> {
  const serializedTransaction = `0x${signed}` as TransactionSerialized
  expect(await recoverTransactionAddress({ serializedTransaction })).toBe(signWith)
}

const message = (signWith: string) => ({
  signWith,
  payload: keccak256(toHex('\u0019Ethereum Signed Message:\n5hello')),
  encoding: 'PAYLOAD_ENCODING_HEXADECIMAL' as const,
  hashFunction: 'HASH_FUNCTION_NO_OP' as const,
})

interface RootUser {
  userName: string
  apiKeys?: object[]
  authenticators?: object[]
}

/** A sub-organization with one wallet, made by the admin with the official client. */
async function createBelow(world: World, version: ClientVersion, rootUsers: RootUser[]) {
  const made = await officialClient(version, world.admin).createSubOrganization({
    subOrganizationName: 'embedded wallet',
    rootUsers: rootUsers.map((user) => ({
      apiKeys: [],
      authenticators: [],
      oauthProviders: [],
      ...user,
    })) as never,
    rootQuorumThreshold: 1,
    wallet: { walletName: 'Default ETH Wallet', accounts: [ethereumAccount] },
  })
  const signWith = made.wallet?.addresses[0] ?? ''
  const speaker = (key: TestKey) => new TestClient(world.server, key, made.subOrganizationId)
  const speaks = (key: TestKey) => officialClient(version, speaker(key))
  return {
    organizationId: made.subOrganizationId,
    userIds: made.rootUserIds ?? [],
    signWith,
    speaker,
    speaks,
  }
}

describe.each(engines)('the documented set-ups on %s', (engine) => {
  const started = startWorld({ engine })
  afterAll(async () => (await started).server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    test('delegated access: a user of the business may do one thing, the owner everything', async () => {
      const world = await started
      const [delegatedKey, ownerKey] = [generateKey(), generateKey()]
      const { userIds, signWith, speaks } = await createBelow(world, version, [
        { userName: 'Delegated Access User', apiKeys: [apiKeyParams(delegatedKey)] },
        { userName: 'End User', apiKeys: [apiKeyParams(ownerKey)] },
      ])
      const [delegatedId = '', ownerId = ''] = userIds
      const delegated = speaks(delegatedKey)
      const { policyId } = await delegated.createPolicy({
        policyName: 'Allow Delegated Account to sign transactions to specific address',
        effect: 'EFFECT_ALLOW',
        consensus: `approvers.any(user, user.id == '${delegatedId}')`,
        condition: `eth.tx.to == '${ALLOWED}'`,
        notes: '',
      })
      await delegated.updateRootQuorum({ threshold: 1, userIds: [ownerId] })

      await expectSigns(delegated, signWith, ALLOWED)
      await expect(delegated.signTransaction(transactionTo(signWith, OTHER))).rejects.toThrow(
        DENIED,
      )
      await expect(delegated.signRawPayload(message(signWith))).rejects.toThrow(DENIED)
      await expect(delegated.deletePolicy({ policyId })).rejects.toThrow(DENIED)
      await expect(
        delegated.updateRootQuorum({ threshold: 1, userIds: [delegatedId] }),
      ).rejects.toThrow(DENIED)

      const owner = speaks(ownerKey)
      await expectSigns(owner, signWith, OTHER)
      const { policies } = await owner.getPolicies()
      expect(policies.map((policy) => policy.policyId)).toEqual([policyId])
      await owner.deletePolicy({ policyId })
      await expect(delegated.signTransaction(transactionTo(signWith, ALLOWED))).rejects.toThrow(
        DENIED,
      )
    })

    test('non-custodial: only the passkey of the end user signs', async () => {
      const world = await started
      const passkey = makePasskey()
      const below = await createBelow(world, version, [
        { userName: 'end user', authenticators: [authenticatorParams(passkey)] },
      ])
      const { organizationId, signWith } = below
      const endUser = new PasskeyClient(world.server, passkey, organizationId)
      const signed = await endUser.submit(
        'sign_transaction',
        transactionTo(signWith, OTHER),
        'SIGN_TRANSACTION_V2',
      )
      await expectSignedBy(
        signWith,
        signed.at('activity.result.signTransactionResult.signedTransaction'),
      )
      const business = officialClient(version, world.admin)
      const { wallets } = await business.getWallets({ organizationId })
      expect(wallets).toHaveLength(1)
      await expect(
        business.signTransaction({ organizationId, ...transactionTo(signWith, OTHER) }),
      ).rejects.toThrow(DENIED)
    })

    test('custodial: one user of the business sets up, another signs, by policies', async () => {
      const world = await started
      const [rootKey, makerKey, signerKey] = [generateKey(), generateKey(), generateKey()]
      const { speaker, speaks } = await createBelow(world, version, [
        { userName: 'business', apiKeys: [apiKeyParams(rootKey)] },
      ])
      const root = speaks(rootKey)
      const userOf = (userName: string, key: TestKey) =>
        ({
          userName,
          apiKeys: [apiKeyParams(key)],
          authenticators: [],
          oauthProviders: [],
        }) as never
      const made = await root.createUsers({
        users: [userOf('maker', makerKey), userOf('signer', signerKey)],
      })
      const [maker = '', signer = ''] = made.userIds
      const allow = (name: string, userId: string, condition: string) => ({
        policyName: name,
        effect: 'EFFECT_ALLOW' as const,
        consensus: `approvers.any(user, user.id == '${userId}')`,
        condition,
        notes: '',
      })
      await root.createPolicies({
        policies: [
          allow(
            'sets up',
            maker,
            "activity.resource in ['WALLET', 'POLICY'] && activity.action == 'CREATE'",
          ),
          allow('signs', signer, "activity.resource == 'PRIVATE_KEY' && activity.action == 'SIGN'"),
        ],
      })
      const [sets, signs] = [speaks(makerKey), speaks(signerKey)]
      const wallet = { walletName: 'of the maker', accounts: [ethereumAccount] }
      const { addresses } = await sets.createWallet(wallet)
      const [address = ''] = addresses
      await expectSigns(signs, address, OTHER)
      // What one may not do alone waits for the other, whom the policy names.
      const waiting = await sets.signTransaction(transactionTo(address, OTHER))
      expect(waiting.activity.status).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
      const { fingerprint } = waiting.activity
      const approved = await speaker(signerKey).submit('approve_activity', { fingerprint })
      await expectSignedBy(
        address,
        approved.at('activity.result.signTransactionResult.signedTransaction'),
      )
      await expect(signs.deleteUsers({ userIds: [maker] })).rejects.toThrow(DENIED)
    })

    test('shared: the end user and the business sign together', async () => {
      const world = await started
      const [businessKey, passkey] = [generateKey(), makePasskey()]
      const { organizationId, userIds, signWith, speaks } = await createBelow(world, version, [
        { userName: 'business', apiKeys: [apiKeyParams(businessKey)] },
        { userName: 'end user', authenticators: [authenticatorParams(passkey)] },
      ])
      const business = speaks(businessKey)
      // What the business prepares alone, before both are needed.
      const prepared = { walletName: 'second', accounts: [ethereumAccount] }
      expect((await business.createWallet(prepared)).addresses).toHaveLength(1)
      await business.updateRootQuorum({ threshold: 2, userIds })

      const { activity } = await business.signRawPayload(message(signWith))
      expect(activity.status).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
      const endUser = new PasskeyClient(world.server, passkey, organizationId)
      const approved = await endUser.submit('approve_activity', {
        fingerprint: activity.fingerprint,
      })
      const [r, s, v] = ['r', 's', 'v'].map((part) =>
        approved.at(`activity.result.signRawPayloadResult.${part}`),
      )
      const signature = `0x${r}${s}${v === '00' ? '1b' : '1c'}` as const
      expect(await recoverMessageAddress({ message: 'hello', signature })).toBe(signWith)
    })

    test('the quickstart: a new user signs to the listed address only, and the refusal is kept', async () => {
      const world = await started
      const key = generateKey()
      const admin = officialClient(version, world.admin)
      const newcomer = {
        userName: `Policy Test ${version}`,
        apiKeys: [apiKeyParams(key)],
        authenticators: [],
        oauthProviders: [],
        userTags: [],
      }
      const { userIds } = await admin.createUsers({ users: [newcomer as never] })
      const { addresses } = await admin.createWallet({
        walletName: `quickstart ${version}`,
        accounts: [ethereumAccount],
      })
      const [signWith = ''] = addresses
      await admin.createPolicy({
        policyName: `quickstart ${version}`,
        effect: 'EFFECT_ALLOW',
        consensus: `approvers.any(user, user.id == '${userIds[0]}')`,
        condition: `eth.tx.to == '${ALLOWED.toLowerCase()}'`,
        notes: 'only there',
      })
      const speaker = new TestClient(world.server, key, world.organizationId)
      const user = officialClient(version, speaker)
      await expectSigns(user, signWith, ALLOWED)
      await expect(user.signTransaction(transactionTo(signWith, OTHER))).rejects.toThrow(DENIED)
      const { activities } = await user.getActivities({
        filterByStatus: ['ACTIVITY_STATUS_FAILED'],
      })
      expect(activities[0]).toMatchObject({
        type: 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2',
        failure: { code: 7, message: DENIED },
      })
    })
  })
})
