// The log: one JSON line an event on the error stream. Nothing secret may be passed to it.

export type LogLevel = 'info' | 'warn' | 'error' | 'alarm'

/** @param fields further facts; errors are written as their stack and their cause's */
export function log(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
  const line = { time: new Date().toISOString(), level, message, ...fields }
  process.stderr.write(`${JSON.stringify(line, (_, value: unknown) => readable(value))}\n`)
}

function readable(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  return { error: value.stack ?? value.message, cause: value.cause }
}
