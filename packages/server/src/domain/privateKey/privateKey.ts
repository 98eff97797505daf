// Private keys that belong to no wallet: rules for making them.
import {
  type AddressFormat,
  addressFormats,
  type Curve,
  encodeAddress,
} from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import type { DataKey } from '../keyvault/dataKeys.ts'
import type { ImportedSecret } from '../keyvault/importKeys.ts'
import { createPrivateKey, type SealedPrivateKey } from '../keyvault/privateKeys.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { Snapshot } from '../organization/model.ts'
import { tagColumn } from '../tag/tag.ts'

export interface PrivateKeyParams {
  name: string
  curve: Curve
  addressFormats: readonly AddressFormat[]
  tagIds: readonly string[]
  /** What was imported; null: a key is generated. */
  imported: ImportedSecret | null
}

export interface NewPrivateKeys {
  organizationId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  dataKey: DataKey
  keys: readonly PrivateKeyParams[]
  nowMs: number
  newId(): string
}

export interface PlannedPrivateKey {
  id: string
  addresses: { format: AddressFormat; address: string }[]
  row: Row
  secret: SealedPrivateKey
}

/**
 * Generates or takes in private keys, with their addresses.
 * @throws AppError `INVALID_ADDRESS_FORMAT`, `PRIVATE_KEY_TAG_NOT_FOUND`, `INVALID_PRIVATE_KEY`, and
 *   what `refusePrivateKeys` throws
 */
export function planPrivateKeys(plan: NewPrivateKeys): PlannedPrivateKey[] {
  refusePrivateKeys(plan.organization, plan.keys)
  return plan.keys.map((params) => planPrivateKey(plan, params))
}

/**
 * Refuses more private keys of those names.
 * @throws AppError `PRIVATE_KEY_LIMIT`, `PRIVATE_KEY_LABEL_NOT_UNIQUE`
 */
export function refusePrivateKeys(
  organization: Snapshot | null,
  keys: readonly Pick<PrivateKeyParams, 'name'>[],
): void {
  const present = [...(organization?.privateKeys.values() ?? [])]
  const limits = organization?.limits ?? resourceLimits(true)
  const names = [...present, ...keys].map(({ name }) => name)
  if (names.length > limits.privateKeys) throw new AppError('PRIVATE_KEY_LIMIT')
  if (new Set(names).size < names.length) throw new AppError('PRIVATE_KEY_LABEL_NOT_UNIQUE')
}

/**
 * @param deletion.ids what the request names
 * @throws AppError `PRIVATE_KEY_NOT_FOUND`, `PRIVATE_KEY_NOT_EXPORTED`
 */
export function planPrivateKeyDeletion(
  { privateKeys }: Snapshot,
  { ids, withoutExport }: { ids: readonly string[]; withoutExport: boolean },
): string[] {
  const keys = ids.map((id) => privateKeys.get(id))
  if (keys.includes(undefined)) throw new AppError('PRIVATE_KEY_NOT_FOUND')
  if (!withoutExport && !keys.every((key) => key?.exported)) {
    throw new AppError('PRIVATE_KEY_NOT_EXPORTED')
  }
  return [...new Set(ids)]
}

function planPrivateKey(plan: NewPrivateKeys, params: PrivateKeyParams): PlannedPrivateKey {
  const { organizationId } = plan
  const { curve } = params
  const tags = plan.organization?.tags
  const known = params.tagIds.every((tag) => tags?.get(tag)?.kind === 'privateKey')
  if (!known) throw new AppError('PRIVATE_KEY_TAG_NOT_FOUND')
  const id = plan.newId()
  const { publicKey, row: secret } = createPrivateKey(plan.dataKey, {
    organizationId,
    privateKeyId: id,
    curve,
    imported: params.imported,
  })
  const addresses = params.addressFormats.map((format) => {
    if (!addressFormats[format].curves.includes(curve)) throw new AppError('INVALID_ADDRESS_FORMAT')
    return { format, address: encodeAddress(format, curve, publicKey) }
  })
  const row = {
    organization_id: organizationId,
    id,
    name: params.name,
    curve,
    public_key: publicKey,
    addresses: JSON.stringify(addresses),
    tags: tagColumn(params.tagIds),
    exported: 0,
    imported: params.imported === null ? 0 : 1,
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }
  return { id, addresses, row, secret }
}
