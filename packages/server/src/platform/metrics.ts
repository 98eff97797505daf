// Metrics in the Prometheus format, kept by prom-client and added up over the worker processes.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export const metricsRegistry = new Registry()

const registers = [metricsRegistry]

export const requestCount = new Counter({
  name: 'keystead_requests_total',
  help: 'Requests by operation and HTTP status',
  labelNames: ['operation', 'status'] as const,
  registers,
})

export const errorCount = new Counter({
  name: 'keystead_errors_total',
  help: 'Requests that ended in an error, by error code',
  labelNames: ['code'] as const,
  registers,
})

export const stageSeconds = new Histogram({
  name: 'keystead_stage_seconds',
  help: 'How long each stage of the pipeline took',
  labelNames: ['stage'] as const,
  buckets: [0.00005, 0.0002, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
  registers,
})

export const flushUnits = new Histogram({
  name: 'keystead_flush_units',
  help: 'How many units one flush committed',
  buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  registers,
})

export const outboxDeliveries = new Counter({
  name: 'keystead_outbox_messages_total',
  help: 'Deliveries of outbox messages by lane and outcome: delivered, failed, refused, expired',
  labelNames: ['lane', 'outcome'] as const,
  registers,
})

export const webhookSeconds = new Histogram({
  name: 'keystead_webhook_seconds',
  help: 'How long attempts to deliver an event took, by outcome: delivered, failed, refused',
  labelNames: ['outcome'] as const,
  buckets: [0.01, 0.05, 0.2, 1, 2, 5, 10],
  registers,
})

export const activityCount = new Counter({
  name: 'keystead_activities_total',
  help: 'Activities recorded',
  registers,
})

export const signatureCount = new Counter({
  name: 'keystead_signatures_total',
  help: 'Signatures made',
  registers,
})

export const rateLimiterFailures = new Counter({
  name: 'keystead_rate_limiter_failures_total',
  help: 'Times that the shared counter of rate limits did not answer',
  registers,
})

export const cacheLookups = new Gauge({
  name: 'keystead_snapshot_cache_lookups',
  help: 'Look-ups in the snapshot cache, by outcome',
  labelNames: ['outcome'] as const,
  registers,
})

export const lastBackupSeconds = new Gauge({
  name: 'keystead_last_backup_timestamp_seconds',
  help: 'When the newest backup was taken, in seconds since 1970; 0: never',
  aggregator: 'max',
  registers,
})

export const rewrapped = new Counter({
  name: 'keystead_rewrapped_total',
  help: 'Rows sealed anew under a newer key, by table',
  labelNames: ['table'] as const,
  registers,
})

let collecting = false

/** Starts the metrics of the process itself: memory, CPU, event loop. */
export function collectProcessMetrics(): void {
  if (collecting) return
  collecting = true
  collectDefaultMetrics({ register: metricsRegistry, prefix: 'keystead_' })
}
