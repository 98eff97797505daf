// Opening a row of `organization_key` by a root key, whatever version the row names.
import { type NewDataKey, rewrapDataKey } from '../../src/domain/keyvault/dataKeys.ts'
import { type RootKey, RootKeys } from '../../src/domain/keyvault/rootKeys.ts'

/** @throws Error when the row is not under `rootKey` */
export function unwrapRow({ key }: RootKey, row: NewDataKey): NewDataKey {
  return rewrapDataKey(new RootKeys([{ version: row.root_version, key }]), row)
}
