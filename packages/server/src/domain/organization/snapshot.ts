// The snapshot of an organization: everything a decision reads, authenticated, at one revision.
import { equalBytes } from '@keystead/crypto/node'
import type { Reader } from '../../store/engine.ts'
import { findEntryAt, findHead, findNewestLeaf } from '../audit/audit.store.ts'
import { type Head, Tampered } from '../audit/head.ts'
import { type DataKey, keyVersionOf } from '../keyvault/dataKeys.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import { type CoveredRows, readCovered, stateBytes } from './covered.store.ts'
import type { Snapshot } from './model.ts'
import { snapshotFromRows } from './rows.ts'

/**
 * Reads and authenticates an organization. Call it inside one read snapshot.
 * @returns undefined when there is no such organization
 * @throws Tampered when rows, head or chain are not what this server wrote
 */
export async function loadSnapshot(
  reader: Reader,
  keyvault: Keyvault,
  organizationId: string,
): Promise<{ snapshot: Snapshot; head: Head } | undefined> {
  const head = await findHead(reader, keyvault.auditKey, organizationId)
  if (head === undefined) return undefined
  await assertNotOlder(reader, head)
  const rows = await readCovered(reader, organizationId)
  await keyvault.withDataKey(reader, organizationId, (dataKey) => assertState(dataKey, head, rows))
  return { snapshot: buildSnapshot(head, rows), head }
}

/** @throws Tampered when the covered rows are not those of `head` */
export function assertState(dataKey: DataKey, head: Head, rows: CoveredRows): void {
  if (!dataKey.verifies('state', stateBytes(head, rows), head.stateMac)) {
    throw new Tampered(`rows of organization ${head.organizationId} were changed from outside`)
  }
}

/** SECURITY: a head put back from a copy is older than its newest signed checkpoint. */
async function assertNotOlder(reader: Reader, head: Head): Promise<void> {
  const leaf = await findNewestLeaf(reader, head.organizationId)
  if (leaf === undefined) return
  const entry = await findEntryAt(reader, head.organizationId, leaf.seq)
  if (head.seq < leaf.seq || entry === undefined || !equalBytes(entry.link, leaf.link)) {
    throw new Tampered(`organization ${head.organizationId} is older than its last checkpoint`)
  }
}

function buildSnapshot(head: Head, rows: CoveredRows): Snapshot {
  const organization = rows.organization[0]
  if (organization === undefined) throw new Tampered(`organization ${head.organizationId} is gone`)
  const keyVersion = keyVersionOf(head.stateMac)
  return { ...snapshotFromRows(organization, rows), revision: head.revision, keyVersion }
}
