// What every submission has around its parameters.
import { z } from 'zod'
import { secret } from '../../operation/secret.ts'
import { decimalText, uuid } from '../../operation/schemas.ts'

const isObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Unknown members beside these are ignored, as the upstream does; not so inside `parameters`. */
export const envelope = z.object({
  type: z.string().max(100).describe('The type of the activity, such as `ACTIVITY_TYPE_…`.'),
  timestampMs: decimalText.describe('Milliseconds since 1970.'),
  organizationId: uuid,
  // SECURITY: z.record would drop a key named `__proto__` before the version's schema refuses it;
  // only that schema knows which of them are secret, so that none is logged by this one.
  parameters: secret(
    z
      .unknown()
      .refine(isObject, 'must be an object')
      .meta({ type: 'object', description: 'As the type of the activity has them.' }),
  ),
})
