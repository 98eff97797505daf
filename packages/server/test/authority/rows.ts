// The authorization matrix: who may do what, one line an operation. An operation without one fails.
import type { Furniture } from './furniture.ts'

/** Everybody who may ask for something. */
export const callers = [
  'rootUser',
  'oneOfTwoRootUsers',
  /** No root user, and the one that requests name. */
  'otherUser',
  /** No root user, and named by nothing. */
  'thirdUser',
  'foreignUser',
  'parentUser',
  'subUser',
  'invitee',
  /** Holds a key that only its own request names. */
  'newcomer',
  'expiredKey',
  'noStamp',
] as const

export type Caller = (typeof callers)[number]

/**
 * `held`: it waits for more votes. `denied`: 403. `elsewhere`: 400, others vote on it. `unknown`: 401,
 * this key is not known here.
 */
export type Expected =
  | 'allowed'
  | 'held'
  | 'denied'
  | 'elsewhere'
  | 'unknown'
  | 'expired'
  | 'unstamped'

export interface Row {
  expected: Record<Caller, Expected>
  /** Where it is asked for: in a root organization, in one below it, or in the instance itself. */
  target: 'root' | 'below' | 'instance'
  /** Whether there are two root users, one of whom has asked for something that waits. */
  poll: boolean
  /** Whether the root users alone may do it, whatever policies say. */
  rootQuorumOnly: boolean
  /** Parameters instead of the example's, where its ids are not enough. */
  params?: (here: Furniture) => object
}

/** Whoever is not of the organization. */
const STRANGERS = {
  foreignUser: 'unknown',
  subUser: 'unknown',
  invitee: 'unknown',
  newcomer: 'unknown',
  expiredKey: 'expired',
  noStamp: 'unstamped',
} as const

const NOBODY: Row['expected'] = {
  ...STRANGERS,
  rootUser: 'unknown',
  oneOfTwoRootUsers: 'unknown',
  otherUser: 'unknown',
  thirdUser: 'unknown',
  parentUser: 'unknown',
  expiredKey: 'unknown',
}

type Change = Partial<Omit<Row, 'expected'>> & { expected?: Partial<Row['expected']> }

const row = (usual: Row['expected'], { expected, ...rest }: Change): Row => ({
  target: 'root',
  poll: false,
  rootQuorumOnly: false,
  ...rest,
  expected: { ...usual, ...expected },
})

/** A query: whoever belongs to the organization, and its parent's users. */
const query = (change: Change = {}): Row =>
  row(
    {
      ...STRANGERS,
      rootUser: 'allowed',
      oneOfTwoRootUsers: 'allowed',
      otherUser: 'allowed',
      thirdUser: 'allowed',
      parentUser: 'allowed',
    },
    change,
  )

/** An activity: the root quorum alone, as long as nobody wrote a policy. */
const activity = (change: Change = {}): Row =>
  row(
    {
      ...STRANGERS,
      rootUser: 'allowed',
      oneOfTwoRootUsers: 'held',
      otherUser: 'denied',
      thirdUser: 'denied',
      parentUser: 'denied',
    },
    change,
  )

/** An activity that no policy can open to others. */
const rootQuorum = (change: Change = {}): Row => activity({ ...change, rootQuorumOnly: true })

/** A vote: root users, on what waits for them. */
const vote = (): Row =>
  activity({ poll: true, expected: { oneOfTwoRootUsers: 'allowed', parentUser: 'elsewhere' } })

/** What manages the credentials of one user: `otherUser` asks for itself. */
const ownUser = (change: Change = {}): Row =>
  activity({ ...change, expected: { otherUser: 'allowed', ...change.expected } })

/** What the key of an invitation is for, and no other. */
const invitee = (): Row => row(NOBODY, { expected: { invitee: 'allowed' } })

/** Ids of the examples become those of real objects; after a space, what differs from the example. */
export const rows: Record<string, Row> = {
  acceptInvitation: invitee(),
  approveActivity: vote(),
  createApiKeys: ownUser(),
  createApiOnlyUsers: activity(),
  createAuthenticators: ownUser(),
  createInvitations: activity(),
  createOauthProviders: ownUser({ target: 'below' }),
  'createOauthProviders with a token that proves the e-mail address': ownUser({
    target: 'below',
    params: ({ userId, oidcToken }) => ({
      userId,
      oauthProviders: [{ providerName: 'social', oidcToken }],
    }),
    expected: { parentUser: 'allowed' },
  }),
  createOrganization: row(NOBODY, {
    target: 'instance',
    params: ({ newcomerKey }) => ({ organizationName: 'new', apiKeys: [newcomerKey] }),
    expected: { newcomer: 'allowed' },
  }),
  createPolicies: activity(),
  createPolicy: activity(),
  createPrivateKeys: activity(),
  createPrivateKeyTag: activity(),
  createSubOrganization: activity(),
  createUsers: activity(),
  createUserTag: activity(),
  createWallet: activity(),
  createWalletAccounts: activity(),
  deleteApiKeys: ownUser(),
  deleteAuthenticators: ownUser(),
  deleteInvitation: activity(),
  deleteOauthProviders: ownUser({ target: 'below' }),
  deletePolicies: activity(),
  deletePolicy: activity(),
  deletePrivateKeyTags: activity(),
  deletePrivateKeys: activity(),
  deleteSubOrganization: rootQuorum({ target: 'below' }),
  deleteUsers: activity(),
  deleteUserTags: activity(),
  deleteWalletAccounts: activity(),
  deleteWallets: activity(),
  evaluateActivity: query(),
  exportPrivateKey: activity(),
  exportWallet: activity(),
  exportWalletAccount: activity(),
  getActivities: query(),
  getActivity: query(),
  getApiKey: query(),
  getApiKeys: query(),
  getAuthenticator: query(),
  getAuthenticators: query(),
  getInvitation: invitee(),
  getOauthProviders: query(),
  getOrganizationConfigs: query(),
  getPolicies: query(),
  getPolicy: query(),
  getPolicyEvaluations: query(),
  getPrivateKey: query(),
  getPrivateKeys: query(),
  getSubOrgIds: query(),
  getUser: query(),
  getUsers: query(),
  getVerifiedSubOrgIds: query(),
  getWallet: query(),
  getWalletAccount: query(),
  getWalletAccounts: query(),
  getWallets: query(),
  // The one operation that looks for its caller below the organization that it names.
  getWhoami: query({ expected: { subUser: 'allowed' } }),
  importPrivateKey: activity({
    params: ({ imports: { userId, privateKey } }) => ({
      userId,
      privateKeyName: 'imported',
      encryptedBundle: privateKey,
      curve: 'CURVE_ED25519',
    }),
  }),
  importWallet: activity({
    params: ({ imports: { userId, wallet } }) => ({
      userId,
      walletName: 'imported',
      encryptedBundle: wallet,
    }),
  }),
  initImportPrivateKey: activity({ params: ({ imports: { userId } }) => ({ userId }) }),
  initImportWallet: activity({ params: ({ imports: { userId } }) => ({ userId }) }),
  listPrivateKeyTags: query(),
  listUserTags: query(),
  rejectActivity: vote(),
  removeOrganizationFeature: rootQuorum(),
  setOrganizationFeature: rootQuorum(),
  signRawPayload: activity(),
  signRawPayloads: activity(),
  signTransaction: activity(),
  updateOrganizationName: activity(),
  updatePolicy: activity(),
  updatePrivateKeyTag: activity(),
  updateRootQuorum: rootQuorum(),
  updateUser: activity(),
  updateUserEmail: activity(),
  updateUserName: activity(),
  updateUserPhoneNumber: activity(),
  updateUserTag: activity(),
  updateWallet: activity(),
}
