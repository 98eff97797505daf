// A thread that shortens SQLite's write-ahead log, off the request path.
import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

const INTERVAL_MS = 100

const db = new DatabaseSync(String(workerData), { timeout: 0 })
db.exec('PRAGMA wal_autocheckpoint = 0')

setInterval(() => {
  try {
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {
    // Somebody else is checkpointing, or the disk is full: the next turn tries again.
  }
}, INTERVAL_MS)
