// Matchers for parts of a text, with a type that may stand inside an expected object.
import { expect } from 'vitest'

export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

export const containing = (text: string): unknown => expect.stringContaining(text)
