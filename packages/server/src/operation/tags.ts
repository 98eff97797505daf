// The subjects of operations, as the upstream overview names them, with their labels.

export const tagLabels = {
  activities: 'Activities',
  'api-keys': 'API Keys',
  authenticators: 'Authenticators',
  'user-auth': 'User Auth',
  organizations: 'Organizations',
  policies: 'Policies',
  'private-keys': 'Private Keys',
  users: 'Users',
  wallets: 'Wallets',
  'private-key-tags': 'Private Key Tags',
  'user-tags': 'User Tags',
  sessions: 'Sessions',
  invitations: 'Invitations',
  'user-recovery': 'User Recovery',
  features: 'Features',
  signing: 'Signing',
} as const

export type Tag = keyof typeof tagLabels
