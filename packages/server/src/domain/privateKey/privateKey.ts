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
import { createPrivateKey, type SealedPrivateKey } from '../keyvault/privateKeys.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { Snapshot } from '../organization/model.ts'
import { tagColumn } from '../tag/tag.ts'

export interface PrivateKeyParams {
  name: string
  curve: Curve
  addressFormats: readonly AddressFormat[]
  tagIds: readonly string[]
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
 * Generates private keys with their addresses.
 * @throws AppError `PRIVATE_KEY_LIMIT`, `PRIVATE_KEY_LABEL_NOT_UNIQUE`, `INVALID_ADDRESS_FORMAT`,
 *   `PRIVATE_KEY_TAG_NOT_FOUND`
 */
export function planPrivateKeys(plan: NewPrivateKeys): PlannedPrivateKey[] {
  const present = [...(plan.organization?.privateKeys.values() ?? [])]
  const limits = plan.organization?.limits ?? resourceLimits(true)
  const names = [...present, ...plan.keys].map(({ name }) => name)
  if (names.length > limits.privateKeys) throw new AppError('PRIVATE_KEY_LIMIT')
  if (new Set(names).size < names.length) throw new AppError('PRIVATE_KEY_LABEL_NOT_UNIQUE')
  return plan.keys.map((params) => planPrivateKey(plan, params))
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
    imported: 0,
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }
  return { id, addresses, row, secret }
}
