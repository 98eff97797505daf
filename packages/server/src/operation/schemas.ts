// The bounded building blocks of every request schema.
import { z } from 'zod'
import { isPlainText } from '../platform/plainText.ts'

/** What is wrong with a value, in our words, where a schema does not say it itself. */
z.config({ customError: (issue) => (issue.input === undefined ? 'is required' : describe(issue)) })

function describe(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return `must be ${TYPE_NAMES[issue.expected] ?? 'another type'}`
  if (issue.code === 'invalid_value') {
    const value = JSON.stringify(issue.input)?.slice(0, 100) ?? ''
    return `${value} is not a known value`
  }
  if (issue.code === 'too_big') {
    return `must have at most ${issue.maximum} ${unitOf(issue.origin)}`
  }
  if (issue.code === 'too_small') {
    return issue.minimum === 1
      ? 'must not be empty'
      : `must have at least ${issue.minimum} ${unitOf(issue.origin)}`
  }
  return undefined
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a string',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
  number: 'an integer',
  int: 'an integer',
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : 'members'
}

const NOT_PLAIN = 'must be well-formed text without control characters'

/** A string of at most `max` characters, well-formed Unicode. @param missing said of none */
export function text(max: number, missing?: string) {
  return z.string(missing).max(max).refine(isPlainText, NOT_PLAIN)
}

/** Text of at most `max` characters, which may have several lines. */
export function lines(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => isPlainText(value.replaceAll(/[\t\r\n]/g, ' ')), NOT_PLAIN)
}

/** An e-mail address that a message can be sent to. */
export const mailAddress = z
  .email('must be an e-mail address')
  .max(254)
  .describe('An e-mail address.')

/** A name that people give: 1 to 255 characters. */
export const label = text(255).min(1, 'must not be empty')

export const uuid = z.uuid('must be a UUID').transform((id) => id.toLowerCase())

/** An e-mail address; empty text stands for none. */
export const email = text(320)
  .refine((value) => value === '' || z.regexes.email.test(value), 'must be an e-mail address')
  .transform((value) => (value === '' ? null : value))

const E164 = /^\+[1-9][0-9]{6,14}$/

/** A telephone number in the international form of E.164; empty text stands for none. */
export const phoneNumber = text(16)
  .refine((value) => value === '' || E164.test(value), 'must be a phone number in E.164 format')
  .transform((value) => (value === '' ? null : value))

/** An unsigned integer as decimal text, as JSON of 64-bit numbers has it. */
export const decimalText = z
  .string()
  .regex(/^[0-9]{1,19}$/, 'must be a decimal integer in a string')

/** A list of at most `max`. A list that the request leaves out is empty. */
export function list<T extends z.ZodType>(item: T, max: number) {
  return z
    .array(item)
    .max(max)
    .optional()
    .transform((items) => items ?? [])
}

/**
 * One of the named values.
 * @param names.invalid the message for any other value; `names.missing` for none
 */
export function oneOf<const V extends readonly string[]>(
  values: V,
  names: { invalid: string; missing: string },
) {
  return z.enum(values, {
    error: (issue) => (issue.input === undefined ? names.missing : names.invalid),
  })
}

/** `{limit, before, after}` of the lists that have pages. */
export const pagination = z
  .strictObject({
    limit: z
      .string()
      .regex(/^([1-9][0-9]?|100)$/, 'must be an integer from 1 to 100 in a string')
      .optional()
      .describe('From 1 to 100; absent: 10.'),
    before: uuid.optional().describe('Ends before this id.'),
    after: uuid.optional().describe('Begins after this id.'),
  })
  .optional()
