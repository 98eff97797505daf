// The log: one JSON line an event on the error stream. Nothing secret may be passed to it.
import { destination, pino, stdTimeFunctions } from 'pino'

const logger = pino(
  {
    base: { pid: process.pid },
    customLevels: { alarm: 60 },
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'message',
    timestamp: stdTimeFunctions.isoTime,
  },
  destination({ dest: 2, sync: true }),
)

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'alarm'

/** Sets from which level on events are written. */
export function setLogLevel(level: 'debug' | 'info' | 'warn' | 'error'): void {
  logger.level = level
}

/** Whether `debug` events are written: what only they need is not computed otherwise. */
export function logsDebug(): boolean {
  return logger.isLevelEnabled('debug')
}

/**
 * Writes one event. An `alarm` says that stored rows were changed from outside.
 * @param fields further facts; errors are written with their stack and their cause's
 */
export function log(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
  const readable = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, readableError(value)]),
  )
  logger[level](readable, message)
}

function readableError(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const cause = value.cause === undefined ? {} : { cause: readableError(value.cause) }
  return { error: value.stack ?? value.message, ...cause }
}
