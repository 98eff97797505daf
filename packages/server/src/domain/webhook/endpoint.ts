// Endpoints: to which URLs events may go.
import { urlProblem } from '../../platform/guardedFetch.ts'

/** Hosts, as `host` or `host:port`, that may be private, on any port and over http. */
export type PrivateHosts = readonly string[]

const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' }

/** SECURITY: whether the host's own configuration vouches for where a URL leads. */
export function isTrusted(url: URL, privateHosts: PrivateHosts): boolean {
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : url.port
  return [url.hostname, `${url.hostname}:${port}`].some((host) => privateHosts.includes(host))
}

const PROBLEMS: Record<string, string> = {
  'a URL that is not https': 'must be an https URL',
  'a URL with another port': 'must be a URL on port 443 or 8443',
  'private address': 'must be a URL of a public address',
}

/** What keeps events from going to `value`, a web URL, in words for its caller; null: nothing. */
export function endpointProblem(value: string, privateHosts: PrivateHosts): string | null {
  const url = URL.parse(value)
  if (url === null) return 'must be an http or https URL'
  const problem = urlProblem(url, isTrusted(url, privateHosts))
  return problem === null ? null : (PROBLEMS[problem] ?? 'must be a URL without a password')
}
