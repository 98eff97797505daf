// SQL of rate limits where several processes share a database and nothing faster.
import type { Tx } from '../../store/engine.ts'
import type { RateWindow } from './rateLimiter.ts'

/** Adds requests to the window, and returns how many it has; one that is over counts as full. */
export async function addRequests(tx: Tx, window: RateWindow, requests: number): Promise<number> {
  const row = await tx.one<{ requests: number }>(
    `insert into rate_window (organization_id, start_ms, requests) values (?u, ?, ?)
     on conflict (organization_id) do update set
       requests = case when rate_window.start_ms = excluded.start_ms
         then rate_window.requests + excluded.requests else excluded.requests end,
       start_ms = excluded.start_ms
     where rate_window.start_ms <= excluded.start_ms
     returning requests`,
    window.organizationId,
    window.startMs,
    requests,
  )
  return row?.requests ?? Number.MAX_SAFE_INTEGER
}
