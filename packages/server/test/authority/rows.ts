// The authorization matrix: who may do what, one line an operation. An operation without one fails.

/** One of everything that an organization can hold. */
export interface Furniture {
  organizationId: string
  subOrganizationId: string
  /** A user who is no root user. */
  userId: string
  walletId: string
  walletAccountId: string
  address: string
  privateKeyId: string
  activityId: string
  fingerprint: string
}

export const callers = [
  'rootUser',
  'oneOfTwoRootUsers',
  'otherUser',
  'foreignUser',
  'parentUser',
  'subUser',
  'expiredKey',
  'noStamp',
] as const

export type Caller = (typeof callers)[number]

/** `held`: it waits for more votes. `denied`: 403. `unknown`: 401, this key is not known here. */
export type Expected = 'allowed' | 'held' | 'denied' | 'unknown' | 'expired' | 'unstamped'

export interface Row {
  expected: Record<Caller, Expected>
  /** Where it is asked for: in a root organization, or in one below it. */
  target: 'root' | 'below'
  /** Whether there are two root users, one of whom has asked for something that waits. */
  poll: boolean
  /** Parameters instead of the example's, where its ids are not enough. */
  params?: (here: Furniture) => object
}

const NOBODY = {
  foreignUser: 'unknown',
  subUser: 'unknown',
  expiredKey: 'expired',
  noStamp: 'unstamped',
} as const

type Change = Partial<Omit<Row, 'expected'>> & { expected?: Partial<Row['expected']> }

const row = (usual: Row['expected'], { expected, ...rest }: Change): Row => ({
  target: 'root',
  poll: false,
  ...rest,
  expected: { ...usual, ...expected },
})

/** A query: whoever belongs to the organization, and its parent's users. */
const query = (change: Change = {}): Row =>
  row(
    {
      ...NOBODY,
      rootUser: 'allowed',
      oneOfTwoRootUsers: 'allowed',
      otherUser: 'allowed',
      parentUser: 'allowed',
    },
    change,
  )

/** An activity: the root quorum alone, as long as nobody wrote a policy. */
const activity = (change: Change = {}): Row =>
  row(
    {
      ...NOBODY,
      rootUser: 'allowed',
      oneOfTwoRootUsers: 'held',
      otherUser: 'denied',
      parentUser: 'denied',
    },
    change,
  )

/** A vote: root users, on what waits for them. */
const vote = (): Row => activity({ poll: true, expected: { oneOfTwoRootUsers: 'allowed' } })

/** What manages the credentials of one user: `otherUser` asks for itself. */
const ownUser = (change: Change = {}): Row =>
  activity({ ...change, expected: { otherUser: 'allowed', ...change.expected } })

/** In the order of the operations; ids of the examples become those of real objects. */
export const rows: Record<string, Row> = {
  approveActivity: vote(),
  createApiKeys: ownUser(),
  createPrivateKeys: activity(),
  createSubOrganization: activity(),
  createUsers: activity(),
  createWallet: activity(),
  createWalletAccounts: activity(),
  deleteSubOrganization: activity({ target: 'below' }),
  getActivity: query(),
  getOrganizationConfigs: query(),
  getPrivateKey: query(),
  getWallet: query(),
  getWalletAccount: query(),
  getActivities: query(),
  getPrivateKeys: query(),
  getSubOrgIds: query(),
  getVerifiedSubOrgIds: query(),
  getWalletAccounts: query(),
  getWallets: query(),
  rejectActivity: vote(),
  removeOrganizationFeature: activity(),
  setOrganizationFeature: activity(),
  signRawPayload: activity(),
  signRawPayloads: activity(),
  signTransaction: activity(),
  updateOrganizationName: activity(),
  updateRootQuorum: activity(),
  updateWallet: activity(),
  // The one operation that looks for its caller below the organization that it names.
  getWhoami: query({ expected: { subUser: 'allowed' } }),
}
