// What an archive holds: every table of an instance is named here, or a test fails.

/** Tables whose rows say who can open the archive: they are in its header, too. */
export const sealTables = ['seal', 'root_key', 'seal_wrap'] as const

/** Tables that an archive holds whole. */
export const archivedTables: readonly string[] = [
  ...sealTables,
  'organization_key',
  'rotation_request',
  'instance_key',
  'organization_head',
  'organization',
  'org_user',
  'api_key',
  'passkey',
  'oidc_identity',
  'tag',
  'invitation',
  'policy',
  'wallet',
  'wallet_secret',
  'wallet_account',
  'private_key',
  'private_key_secret',
  'spending',
  'signing_quota',
  'usage_month',
  'activity',
  'vote',
  'webhook_event',
  'audit_entry',
  'checkpoint',
  'checkpoint_leaf',
]

/** Tables that an archive deliberately does not hold, and why. */
export const leftOutTables: Readonly<Record<string, string>> = {
  schema_version: 'in the header; a restore makes it anew',
  backup: 'speaks of files of this host; a restored instance has no backup yet',
  import_key: 'works once: one that was used since must not open its bundle again',
  lease: 'says what processes do now; a restore begins a new epoch',
  outbox: 'what waits may have been delivered since: a restore must not send it again',
  rate_window: 'counts requests of one minute',
}
