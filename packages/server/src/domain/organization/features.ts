// Organization features: what they are called, which of them are on, and what values they take.

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

/** The features that are on, with their values: an organization's one truth about them. */
export type Features = ReadonlyMap<FeatureName, string | null>

/** What a feature was set to; null where it has no value; undefined when it is off. */
export function featureValue(
  organization: { features: Features },
  name: FeatureName,
): string | null | undefined {
  return organization.features.get(name)
}

const ON_BELOW = ['EMAIL_AUTH', 'OTP_EMAIL_AUTH', 'SMS_AUTH', 'EMAIL_RECOVERY'] as const

/** The ways in that a new sub-organization has unless it is created without them. */
export type SignInFeature = (typeof ON_BELOW)[number]

/** The features of a new sub-organization; a new root organization has none. */
export function subOrganizationFeatures(disabled: ReadonlySet<SignInFeature>): Features {
  return new Map(ON_BELOW.filter((name) => !disabled.has(name)).map((name) => [name, null]))
}

/** The JSON of a row's `features`, in one order; null: none. */
export function featuresText(features: Features): string | null {
  const set = featureNames.filter((name) => features.has(name))
  if (set.length === 0) return null
  return JSON.stringify(Object.fromEntries(set.map((name) => [name, features.get(name) ?? null])))
}

/** What is wrong with a value for the feature, in words for its caller; null: nothing. */
export function featureValueProblem(name: FeatureName, value: string | null): string | null {
  if (name === 'WEBAUTHN_ORIGINS') {
    const items = (value ?? '').split(',')
    return items.every((item) => isOrigin(item.trim()))
      ? null
      : 'must be origins, separated by commas'
  }
  if (name === 'WEBHOOK') return isWebUrl(value ?? '') ? null : 'must be an http or https URL'
  return value === null ? null : 'must be empty: this feature has no value'
}

/** The origin of a web page, or of an Android application as its passkeys carry it. */
function isOrigin(text: string): boolean {
  if (/^android:apk-key-hash:[A-Za-z0-9_-]{43}$/.test(text)) return true
  return isWebUrl(text) && new URL(text).origin === text
}

function isWebUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false
  return url.username === '' && url.password === ''
}
