// The content security policy of served pages.
import { createHash } from 'node:crypto'

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * SECURITY: exactly this style and this script run, and nothing is loaded from anywhere.
 * @param more directives of the page itself
 */
export function contentPolicy(
  { style, script }: { style: string; script: string },
  ...more: string[]
): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    ...more,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
