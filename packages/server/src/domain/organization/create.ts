// Creating an organization: its row, key, users, wallet, and the beginning of its chain.
import type { KeyObject } from 'node:crypto'
import { type AuditFacts, chainEntry, genesisLink } from '../audit/chain.ts'
import { insertChain } from '../audit/audit.store.ts'
import type { Head } from '../audit/head.ts'
import { insertInvitations } from '../invitation/invitation.store.ts'
import type { DataKey, NewDataKey } from '../keyvault/dataKeys.ts'
import { insertDataKey } from '../keyvault/rotation.store.ts'
import { insertPrivateKeys } from '../privateKey/privateKey.store.ts'
import type { PlannedPrivateKey } from '../privateKey/privateKey.ts'
import type { Row, Tx } from '../../store/engine.ts'
import { insertUsers } from '../user/user.store.ts'
import type { UserPlan } from '../user/user.ts'
import { insertWallet } from '../wallet/wallet.store.ts'
import type { WalletPlan } from '../wallet/wallet.ts'
import { organizationTable, readCovered, stateBytes } from './covered.store.ts'
import { type Features, featuresText } from './features.ts'
import { inheritedFreeze } from './governance.store.ts'

export interface OrganizationPlan {
  organizationId: string
  /** Null for a root organization. */
  parentId: string | null
  name: string
  rootThreshold: number
  dataKey: DataKey
  /** The wrapped data key: a row of `organization_key`. */
  keyRow: NewDataKey
  /** Its users, all root users. */
  users: Omit<UserPlan, 'userIds'>
  wallet: WalletPlan | null
  privateKeys: readonly PlannedPrivateKey[]
  features: Features
  /** Rows of `invitation`. */
  invitations: readonly Row[]
  nowMs: number
}

/** The first entry of the new chain. */
export interface Birth {
  unitId: string
  auditKey: KeyObject
  facts: AuditFacts
  atMs: number
}

/** Writes a new organization. Nobody else can know its id yet, so it needs no lock. */
export async function insertOrganization(
  tx: Tx,
  plan: OrganizationPlan,
  birth: Birth,
): Promise<void> {
  const { organizationId, nowMs } = plan
  await tx.insert(organizationTable, [
    {
      organization_id: organizationId,
      parent_id: plan.parentId,
      name: plan.name,
      root_threshold: plan.rootThreshold,
      created_ms: nowMs,
      updated_ms: nowMs,
      features: featuresText(plan.features),
      frozen: plan.parentId === null ? await inheritedFreeze(tx) : null,
    },
  ])
  await insertDataKey(tx, plan.keyRow, nowMs)
  await insertUsers(tx, plan.users)
  if (plan.wallet !== null) await insertWallet(tx, plan.wallet, 1)
  await insertPrivateKeys(tx, plan.privateKeys)
  await insertInvitations(tx, plan.invitations)
  const entry = chainEntry(birth.unitId, birth.facts, {
    organizationId,
    seq: 1,
    atMs: birth.atMs,
    previous: genesisLink(organizationId),
  })
  const rows = await readCovered(tx, organizationId)
  const head: Head = {
    organizationId,
    revision: 1,
    seq: 1,
    link: entry.link,
    lastMs: birth.atMs,
    stateMac: plan.dataKey.mac('state', stateBytes({ organizationId, revision: 1 }, rows)),
    spendingDigest: null,
  }
  await insertChain(tx, birth.auditKey, { head, entry })
}
