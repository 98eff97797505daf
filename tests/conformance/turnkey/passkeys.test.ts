// Passkeys through the official clients: users who have nothing else, and what is refused.
import { afterAll, describe, expect, test } from 'vitest'
import { generateKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  type Algorithm,
  authenticatorParams,
  authenticatorParamsV1,
  makePasskey,
  PasskeyClient,
  type TestPasskey,
} from '../../support/webauthn.ts'
import {
  clientVersions,
  createUser,
  ethereumAccount,
  errorOf,
  officialClient,
  startWorld,
  type World,
} from './world.ts'

const UNKNOWN_ID = '019a0000-0000-7000-8000-00000000ffff'

/** An organization below the admin's whose root users have one passkey each, and nothing else. */
async function createPasskeyOrganization(world: World, passkeys: readonly TestPasskey[]) {
  const made = await world.admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'passkeys only',
      rootQuorumThreshold: passkeys.length,
      rootUsers: passkeys.map((passkey) => ({
        userName: 'root',
        apiKeys: [],
        authenticators: [authenticatorParams(passkey)],
        oauthProviders: [],
      })),
    },
    'CREATE_SUB_ORGANIZATION_V7',
  )
  const path = 'activity.result.createSubOrganizationResultV7'
  const organizationId = made.at(`${path}.subOrganizationId`)
  return {
    organizationId,
    userIds: made.at<string[]>(`${path}.rootUserIds`),
    roots: passkeys.map((passkey) => new PasskeyClient(world.server, passkey, organizationId)),
  }
}

async function createOwner(world: World, algorithm: Algorithm = 'ES256') {
  const { organizationId, userIds, roots } = await createPasskeyOrganization(world, [
    makePasskey(algorithm),
  ])
  const [owner] = roots
  const [userId] = userIds
  if (owner === undefined || userId === undefined) throw new Error('an owner was created')
  return { organizationId, userId, owner }
}

const again = (owner: PasskeyClient, passkey: TestPasskey) =>
  new PasskeyClient(owner, passkey, owner.organizationId)

const ADDED = 'activity.result.createAuthenticatorsResult.authenticatorIds.0'

describe.each(engines)('passkeys on %s', (engine) => {
  const started = startWorld({ engine })
  afterAll(async () => (await started).server.dispose())

  test.each(['ES256', 'RS256', 'EdDSA'] as const)(
    'an organization whose only root user has an %s passkey works wholly',
    async (algorithm) => {
      const world = await started
      const { organizationId, userId, owner } = await createOwner(world, algorithm)
      for (const named of [organizationId, world.organizationId]) {
        const who = await owner.query('whoami', { organizationId: named })
        expect(who.json).toMatchObject({ organizationId, userId, username: 'root' })
      }
      const wallet = await owner.submit('create_wallet', {
        walletName: 'mine',
        accounts: [ethereumAccount],
      })
      const signWith = wallet.at('activity.result.createWalletResult.addresses.0')
      const parameters = {
        signWith,
        payload: 'hello',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      }
      const signed = await owner.submit('sign_raw_payload', parameters, 'SIGN_RAW_PAYLOAD_V2')
      expect(signed.at('activity.result.signRawPayloadResult.r')).toMatch(/^[0-9a-f]{64}$/)
      expect(signed.at('activity.votes')).toMatchObject([
        {
          userId,
          selection: 'VOTE_SELECTION_APPROVED',
          scheme: 'SIGNATURE_SCHEME_TK_WEBAUTHN',
          publicKey: owner.passkey.publicKey.toString('base64url'),
          signature: expect.stringMatching(/^[\w-]{60,}$/) as unknown,
        },
      ])
    },
  )

  test('a second passkey is added in either version, and the first is removed', async () => {
    const { userId, owner } = await createOwner(await started)
    const second = makePasskey('EdDSA')
    const older = { ...authenticatorParamsV1(second, 'second'), userId }
    const parameters = { userId, authenticators: [older] }
    const added = await owner.submit('create_authenticators', parameters)
    expect(added.at('activity.intent.createAuthenticatorsIntent.userId')).toBe(userId)
    const third = makePasskey()
    const newest = { userId, authenticators: [authenticatorParams(third, 'third')] }
    await again(owner, second).submit('create_authenticators', newest, 'CREATE_AUTHENTICATORS_V2')
    const { authenticators } = (await owner.query('get_authenticators', { userId })).json as {
      authenticators: { authenticatorId: string; authenticatorName: string }[]
    }
    expect(authenticators.map(({ authenticatorName }) => authenticatorName)).toEqual([
      'passkey',
      'second',
      'third',
    ])
    expect(authenticators[1]).toMatchObject({
      authenticatorId: added.at(ADDED),
      transports: ['AUTHENTICATOR_TRANSPORT_INTERNAL'],
      attestationType: 'none',
      aaguid: '00000000-0000-0000-0000-000000000000',
      credentialId: second.credentialId.toString('base64url'),
      credential: {
        publicKey: second.publicKey.toString('base64url'),
        type: 'CREDENTIAL_TYPE_WEBAUTHN_AUTHENTICATOR',
      },
    })
    const authenticatorIds = [authenticators[0]?.authenticatorId]
    const removed = await again(owner, second).submit('delete_authenticators', {
      userId,
      authenticatorIds,
    })
    expect(removed.at('activity.result.deleteAuthenticatorsResult')).toEqual({ authenticatorIds })
    expect(errorOf(await owner.query('whoami')).message).toBe(
      'credential ID could not be found in organization or its parent organization',
    )
    expect((await again(owner, third).query('whoami')).status).toBe(200)
  })

  test('two root users who have only passkeys hold a quorum', async () => {
    const world = await started
    const { roots, userIds } = await createPasskeyOrganization(world, [
      makePasskey('RS256'),
      makePasskey('ES256'),
    ])
    const [first, second] = roots
    if (first === undefined || second === undefined) throw new Error('there are two')
    const held = await first.submit('create_wallet', { walletName: 'shared', accounts: [] })
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    const fingerprint = held.at('activity.fingerprint')
    const activityId = held.at('activity.id')
    const seen = await second.query('get_activity', { activityId })
    expect(seen.json).toMatchObject({ activity: { canApprove: true, canReject: true } })
    const done = await second.submit('approve_activity', { fingerprint })
    expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(done.at('activity.votes')).toMatchObject(
      [first, second].map(({ passkey }, n) => ({
        userId: userIds[n],
        scheme: 'SIGNATURE_SCHEME_TK_WEBAUTHN',
        publicKey: passkey.publicKey.toString('base64url'),
      })),
    )
  })

  test('a vote no longer counts once its passkey is gone', async () => {
    const world = await started
    const key = generateKey()
    const passkey = makePasskey()
    const { userIds, roots } = await createPasskeyOrganization(world, [passkey, makePasskey()])
    const [first, second] = roots
    const [userId] = userIds
    if (first === undefined || second === undefined || userId === undefined) throw new Error('two')
    const other = makePasskey()
    const added = await first.submit(
      'create_authenticators',
      { userId, authenticators: [authenticatorParams(other, 'other')] },
      'CREATE_AUTHENTICATORS_V2',
    )
    expect(added.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    const held = await first.submit('create_wallet', { walletName: key.publicKey, accounts: [] })
    const { authenticators } = (await first.query('get_authenticators', { userId })).json as {
      authenticators: { authenticatorId: string }[]
    }
    await again(first, other).submit('delete_authenticators', {
      userId,
      authenticatorIds: [authenticators[0]?.authenticatorId],
    })
    const fingerprint = held.at('activity.fingerprint')
    const answer = await second.submit('approve_activity', { fingerprint })
    expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    expect(answer.at('activity.votes.0.publicKey')).toBe('')
  })

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    test('the admin gives a user a passkey, sees it, and takes it away', async () => {
      const world = await started
      const admin = officialClient(version, world.admin)
      const { userId } = await createUser(world, generateKey())
      const passkey = makePasskey()
      const authenticators = [authenticatorParams(passkey)] as never
      const { authenticatorIds } = await admin.createAuthenticators({ userId, authenticators })
      const [authenticatorId = ''] = authenticatorIds
      const { authenticator } = await admin.getAuthenticator({ authenticatorId })
      expect(authenticator).toMatchObject({ authenticatorId, authenticatorName: 'passkey' })
      expect(await admin.getAuthenticators({ userId })).toEqual({ authenticators: [authenticator] })
      const holder = new PasskeyClient(world.server, passkey, world.organizationId)
      expect((await holder.query('whoami')).json).toMatchObject({ userId })
      expect(await admin.deleteAuthenticators({ userId, authenticatorIds })).toMatchObject({
        authenticatorIds,
      })
      await expect(admin.getAuthenticator({ authenticatorId })).rejects.toThrow(
        'webauthn authenticator not found in organization',
      )
    })
  })

  test('a user manages its own passkeys, and nobody else’s', async () => {
    const world = await started
    const member = await createUser(world, generateKey())
    const other = await createUser(world, generateKey())
    const add = (userId: string, passkey: TestPasskey) =>
      member.client.submit(
        'create_authenticators',
        { userId, authenticators: [authenticatorParams(passkey)] },
        'CREATE_AUTHENTICATORS_V2',
      )
    const added = await add(member.userId, makePasskey())
    expect(errorOf(await add(other.userId, makePasskey())).message).toBe('request not authorized')
    const authenticatorIds = [added.at(ADDED)]
    const stolen = { userId: other.userId, authenticatorIds }
    expect(errorOf(await world.admin.submit('delete_authenticators', stolen)).message).toBe(
      'webauthn authenticator not found in organization',
    )
    const own = { userId: member.userId, authenticatorIds }
    expect((await member.client.submit('delete_authenticators', own)).status).toBe(200)
  })

  test('passkeys of another organization are not found', async () => {
    const world = await started
    const { userId, owner, organizationId } = await createOwner(world)
    const { authenticators } = (await owner.query('get_authenticators', { userId })).json as {
      authenticators: { authenticatorId: string }[]
    }
    const authenticatorId = authenticators[0]?.authenticatorId
    const here = await world.admin.query('get_authenticator', { authenticatorId })
    expect([here.status, errorOf(here).message]).toEqual([
      404,
      'webauthn authenticator not found in organization',
    ])
    const below = await owner.query('get_authenticator', { authenticatorId: UNKNOWN_ID })
    expect([below.status, errorOf(below).message]).toEqual([
      404,
      'webauthn authenticator not found in organization or parent organization',
    ])
    const read = await world.admin.query('get_authenticator', { organizationId, authenticatorId })
    expect(read.status).toBe(200)
    const nobody = { organizationId, userId: UNKNOWN_ID }
    expect(errorOf(await owner.query('get_authenticators', nobody)).message).toBe('user not found')
  })

  test('a passkey in two sub-organizations cannot say which is meant', async () => {
    const world = await started
    const { owner, organizationId } = await createOwner(world)
    await createPasskeyOrganization(world, [owner.passkey])
    const answer = await owner.query('whoami', { organizationId: world.organizationId })
    expect([answer.status, errorOf(answer)]).toMatchObject([
      401,
      { code: 16, message: 'more than one suborg associated with a credential ID' },
    ])
    expect((await owner.query('whoami', { organizationId })).status).toBe(200)
  })
})
