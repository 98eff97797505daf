// What both kinds of votes have in common: they name an activity by its fingerprint.
import { z } from 'zod'

export const voteParams = z.strictObject({
  fingerprint: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')
    .describe('Of the activity to vote on.'),
})

export const voteExample = {
  params: { fingerprint: `sha256:${'0'.repeat(64)}` },
  result: {},
}
