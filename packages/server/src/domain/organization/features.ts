// Organization features: what they are called, and which of them are on.

export const featureNames = [
  'EMAIL_AUTH',
  'OTP_EMAIL_AUTH',
  'SMS_AUTH',
  'EMAIL_RECOVERY',
  'ROOT_USER_EMAIL_RECOVERY',
  'WEBAUTHN_ORIGINS',
  'WEBHOOK',
] as const

export type FeatureName = (typeof featureNames)[number]

/** What a feature was set to; null where it has no value; undefined when it is off. */
export function featureValue(
  organization: { features: ReadonlyMap<FeatureName, string | null> },
  name: FeatureName,
): string | null | undefined {
  return organization.features.get(name)
}
