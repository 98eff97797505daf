// What a shell makes of a line.

/** The words of a line, what is in double quotes being one; of words, themselves. */
export function wordsOf(line: string | readonly string[]): readonly string[] {
  if (typeof line !== 'string') return line
  const words = line.matchAll(/"([^"]*)"|(\S+)/g)
  return Array.from(words, ([, quoted, bare]) => quoted ?? bare ?? '')
}

/** What a command ended with. */
interface Outcome {
  code: number | null
  stdout: string
  stderr?: string
}

/** What a command printed, parsed; null when nothing. @throws Error when it failed or complained */
export function parseSuccess(line: string | readonly string[], ended: Outcome): unknown {
  if (ended.code === 0 && (ended.stderr ?? '') === '') return JSON.parse(ended.stdout || 'null')
  throw new Error(`${wordsOf(line).join(' ')}: ${JSON.stringify(ended)}`)
}

/** The error of a command that ended with 1 and one line. @throws Error when it did not */
export function parseFailure(line: string | readonly string[], ended: Outcome): string {
  const [, error] = /^\{"error":("[^\n]+")\}\n$/.exec(ended.stdout) ?? []
  if (ended.code === 1 && (ended.stderr ?? '') === '' && error !== undefined) {
    return JSON.parse(error) as string
  }
  throw new Error(`${wordsOf(line).join(' ')}: ${JSON.stringify(ended)}`)
}
