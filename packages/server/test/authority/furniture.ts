// One of everything that an organization can hold, and examples that are about it.
import { apiKeyParams, generateKey, type TestKey } from '../../../../tests/support/client.ts'
import { invitationParams, readLink } from '../../../../tests/support/invitee.ts'
import { linkIn } from '../../../../tests/support/smtp.ts'
import { authenticatorParams, makePasskey } from '../../../../tests/support/webauthn.ts'
import { listWaitingMail } from '../../src/host/waitingMail.ts'
import type { Operation } from '../../src/operation/operation.ts'
import { AppClient, createWallet } from '../support/client.ts'
import { encryptTo } from '../support/transfers.ts'

/** The address of the user that requests name. */
export const EMAIL = 'member@example.org'

/** What requests can name. */
export interface Named {
  /** A user who is no root user. */
  userId: string
  apiKeyId: string
  authenticatorId: string
  /** In a root organization, where there are none: one of the organization below it. */
  providerId: string
  userTagId: string
  walletId: string
  walletAccountId: string
  address: string
  privateKeyId: string
  privateKeyTagId: string
  policyId: string
  invitationId: string
  /** Whom the invitation makes a user. */
  inviteeId: string
  activityId: string
  fingerprint: string
}

export interface Furniture extends Named {
  organizationId: string
  /** Of an issuer whose word is taken, who says that `EMAIL` belongs to its bearer. */
  oidcToken: string
  /** `apiKeys[]` of somebody who signs up. */
  newcomerKey: object
  /** Imports that the first root user has begun. */
  imports: { userId: string; wallet: string; privateKey: string }
}

/** The ids of examples, and what is meant by them. */
const MEANT: Record<keyof Named | 'organizationId', string> = {
  organizationId: '019a0000-0000-7000-8000-000000000000',
  walletId: '019a0000-0000-7000-8000-000000000001',
  userId: '019a0000-0000-7000-8000-000000000002',
  apiKeyId: '019a0000-0000-7000-8000-000000000003',
  activityId: '019a0000-0000-7000-8000-000000000006',
  privateKeyId: '019a0000-0000-7000-8000-000000000007',
  walletAccountId: '019a0000-0000-7000-8000-000000000008',
  userTagId: '019a0000-0000-7000-8000-000000000009',
  invitationId: '019a0000-0000-7000-8000-00000000000a',
  authenticatorId: '019a0000-0000-7000-8000-00000000000b',
  inviteeId: '019a0000-0000-7000-8000-00000000000c',
  privateKeyTagId: '019a0000-0000-7000-8000-00000000000d',
  providerId: '019a0000-0000-7000-8000-00000000000e',
  address: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  policyId: '019a0000-0000-7000-8000-000000000010',
  fingerprint: `sha256:${'0'.repeat(64)}`,
}

const meant = Object.entries(MEANT) as [keyof typeof MEANT, string][]

/** The example parameters of an operation, about real objects. */
export function realParams(
  operation: Operation,
  here: Pick<Furniture, keyof typeof MEANT>,
): Record<string, unknown> {
  const text = meant.reduce(
    (example, [name, id]) => example.replaceAll(id, here[name]),
    JSON.stringify(operation.example.params),
  )
  return JSON.parse(text) as Record<string, unknown>
}

export interface Organization {
  /** Speaks for its first root user. */
  root: AppClient
  /** The key of the user that requests name. */
  member: TestKey
  /** The key in the link of the invitation. */
  invitee: TestKey
  newcomer: TestKey
  here: Furniture
}

const made = (answer: { at(path: string): string }, path: string) =>
  answer.at(`activity.result.${path}`)

async function createCredentials(root: AppClient, userId: string) {
  const authenticators = [authenticatorParams(makePasskey())]
  const passkey = await root.submit(
    'create_authenticators',
    { userId, authenticators },
    'CREATE_AUTHENTICATORS_V2',
  )
  return {
    apiKeyId: (await root.query('get_api_keys', { userId })).at('apiKeys.0.apiKeyId'),
    authenticatorId: made(passkey, 'createAuthenticatorsResult.authenticatorIds.0'),
  }
}

async function createProvider(root: AppClient, userId: string): Promise<string> {
  const oidcClaims = { iss: 'https://issuer.example', sub: userId, aud: 'app' }
  const oauthProviders = [{ providerName: 'furniture', oidcClaims }]
  const answer = await root.submit(
    'create_oauth_providers',
    { userId, oauthProviders },
    'CREATE_OAUTH_PROVIDERS_V2',
  )
  return made(answer, 'createOauthProvidersResultV2.providerIds.0')
}

async function invite(root: AppClient, senderUserId: string) {
  const invitations = [invitationParams(senderUserId)]
  const answer = await root.submit('create_invitations', { invitations })
  const invitationId = made(answer, 'createInvitationsResult.invitationIds.0')
  const mail = (await listWaitingMail(root.app)).find(({ id }) => id === invitationId)
  const invitee = readLink(linkIn(mail?.text)).key
  const asked = await new AppClient(root.app, invitee, root.organizationId).query('get_invitation')
  return { invitee, invitationId, inviteeId: asked.at('userId') }
}

async function createMaterial(root: AppClient) {
  const { walletId, address } = await createWallet(root, 'furniture')
  const accounts = await root.query('list_wallet_accounts', { walletId })
  const privateKey = await root.submit(
    'create_private_keys',
    { privateKeys: [{ privateKeyName: 'furniture', curve: 'CURVE_SECP256K1' }] },
    'CREATE_PRIVATE_KEYS_V2',
  )
  return {
    walletId,
    walletAccountId: accounts.at('accounts.0.walletAccountId'),
    address,
    privateKeyId: made(privateKey, 'createPrivateKeysResultV2.privateKeys.0.privateKeyId'),
    activityId: privateKey.at('activity.id'),
    fingerprint: privateKey.at('activity.fingerprint'),
  }
}

async function beginImports(root: AppClient): Promise<Furniture['imports']> {
  const userId = (await root.query('whoami')).at('userId')
  const wallet = await root.submit('init_import_wallet', { userId })
  const privateKey = await root.submit('init_import_private_key', { userId })
  const words = Buffer.from(`${'test '.repeat(11)}junk`)
  const key = Buffer.alloc(32, 0x11)
  return {
    userId,
    wallet: encryptTo(made(wallet, 'initImportWalletResult.importBundle'), words),
    privateKey: encryptTo(made(privateKey, 'initImportPrivateKeyResult.importBundle'), key),
  }
}

/** A policy that lets nobody do anything. */
async function createPolicy(root: AppClient): Promise<string> {
  const answer = await root.submit(
    'create_policy',
    {
      policyName: 'furniture',
      effect: 'EFFECT_ALLOW',
      consensus: "approvers.any(user, user.id == 'nobody')",
    },
    'CREATE_POLICY_V3',
  )
  return made(answer, 'createPolicyResult.policyId')
}

/**
 * Puts one of everything into the organization of `root`.
 * @param providerId of an organization below, for a root organization; null: to be made
 */
export async function furnish(
  root: AppClient,
  { oidcToken, providerId }: { oidcToken: string; providerId: string | null },
): Promise<Organization> {
  const { userId, client } = await root.createUser('member')
  await root.submit('update_user_email', { userId, userEmail: EMAIL })
  const { invitee, ...invitation } = await invite(root, userId)
  const material = await createMaterial(root)
  const { privateKeyId } = material
  const tags = [
    await root.submit('create_user_tag', { userTagName: 'furniture', userIds: [userId] }),
    await root.submit('create_private_key_tag', {
      privateKeyTagName: 'furniture',
      privateKeyIds: [privateKeyId],
    }),
  ] as const
  const newcomer = generateKey()
  const here = {
    organizationId: root.organizationId,
    userId,
    ...(await createCredentials(root, userId)),
    providerId: providerId ?? (await createProvider(root, userId)),
    userTagId: made(tags[0], 'createUserTagResult.userTagId'),
    ...material,
    privateKeyTagId: made(tags[1], 'createPrivateKeyTagResult.privateKeyTagId'),
    policyId: await createPolicy(root),
    ...invitation,
    oidcToken,
    newcomerKey: apiKeyParams(newcomer),
    imports: await beginImports(root),
  }
  return { root, member: client.key, invitee, newcomer, here }
}
