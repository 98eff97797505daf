// The floor of the benchmark: the bare cryptography and one durable row for each request, no more.
// Same pragmas and group commit as the server. It is not changed to move a ratio.
import cluster from 'node:cluster'
import {
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { aeadKey, aeadSeal, decodeHex } from '@keystead/crypto/node'
import pg from 'pg'
import secp256k1 from 'secp256k1'

/** What `bench.ts` passes: where to store, how many processes, the callers' keys, the reply's size. */
interface FloorJob {
  sqlitePath: string
  postgresUrl: string | null
  processes: number
  publicKeys: string[]
  replyBytes: number
}

interface Row {
  id: Buffer
  fingerprint: Buffer
  body: Buffer
}

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as FloorJob
const ROWS_MAX = 256
const CREATE = 'create table if not exists floor'

type Insert = (rows: Row[]) => Promise<void>

function openSqlite(): Insert {
  const db = new DatabaseSync(job.sqlitePath, { timeout: 5000 })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
  db.exec(`${CREATE} (id blob primary key, fingerprint blob not null unique, body blob not null)`)
  db.exec('PRAGMA busy_timeout = 0')
  const insert = db.prepare('insert into floor values (?, ?, ?)')
  return async (rows) => {
    for (;;) {
      try {
        db.exec('BEGIN IMMEDIATE')
        break
      } catch {
        await new Promise(setImmediate)
      }
    }
    for (const { id, fingerprint, body } of rows) insert.run(id, fingerprint, body)
    db.exec('COMMIT')
  }
}

async function openPostgres(url: string): Promise<Insert> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(
    `${CREATE} (id bytea primary key, fingerprint bytea not null unique, body bytea not null)`,
  )
  const text = 'insert into floor select * from unnest($1::bytea[], $2::bytea[], $3::bytea[])'
  return async (rows) => {
    const values = [
      rows.map((row) => row.id),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.body),
    ]
    await client.query({ name: 'insert', text, values })
  }
}

const verifyKeys = new Map<string, KeyObject>(
  job.publicKeys.map((hex) => {
    const point = Buffer.from(hex, 'hex')
    const x = point.subarray(1, 33).toString('base64url')
    const y = point.subarray(33).toString('base64url')
    const jwk = { kty: 'EC', crv: 'P-256', x, y }
    return [compressed(point), createPublicKey({ format: 'jwk', key: jwk })]
  }),
)

function compressed(point: Buffer): string {
  const prefix = (point[64] ?? 0) % 2 === 0 ? '02' : '03'
  return prefix + point.subarray(1, 33).toString('hex')
}

const wrappingKey = randomBytes(32)
const unwrapKey = createSecretKey(wrappingKey)
const wrapped = aeadSeal(aeadKey(wrappingKey), randomBytes(32), Buffer.alloc(16))

function unwrap(): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', unwrapKey, wrapped.subarray(0, 12))
  decipher.setAAD(Buffer.alloc(16))
  decipher.setAuthTag(wrapped.subarray(-16))
  return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
}

interface Waiting {
  row: Row
  reply: Buffer
  response: ServerResponse
}

let waiting: Waiting[] = []
let flushing = false

async function flushAll(insert: Insert): Promise<void> {
  await new Promise(setImmediate)
  while (waiting.length > 0) {
    const batch = waiting.splice(0, ROWS_MAX)
    await insert(batch.map(({ row }) => row))
    for (const { response, reply } of batch) response.end(reply)
  }
  flushing = false
}

function answer(body: Buffer, stampHeader: string, response: ServerResponse): void {
  const stamp = JSON.parse(Buffer.from(stampHeader, 'base64url').toString()) as Record<
    string,
    string
  >
  const key = verifyKeys.get(stamp['publicKey'] ?? '')
  const signature = decodeHex(stamp['signature'] ?? '') ?? Buffer.alloc(0)
  if (key === undefined || !verify('sha256', body, key, signature)) throw new Error('bad stamp')
  const { parameters } = JSON.parse(body.toString()) as { parameters: { payload: string } }
  const digest = Buffer.from(parameters.payload, 'hex')
  const { signature: rs, recid } = secp256k1.ecdsaSign(digest, unwrap())
  const fingerprint = hash('sha256', body, 'buffer')
  const result = JSON.stringify({
    rs: Buffer.from(rs).toString('hex'),
    recid,
    fingerprint: fingerprint.toString('hex'),
  })
  const reply = Buffer.alloc(job.replyBytes, ' ')
  reply.write(result)
  const stored = Buffer.alloc(1900, ' ')
  body.copy(stored)
  waiting.push({ row: { id: randomBytes(16), fingerprint, body: stored }, reply, response })
}

async function serve(): Promise<void> {
  const insert = job.postgresUrl === null ? openSqlite() : await openPostgres(job.postgresUrl)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      answer(Buffer.concat(chunks), String(request.headers['x-stamp']), response)
      if (flushing) return
      flushing = true
      void flushAll(insert)
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
    process.stdout.write(`listening on ${url}\n`)
  })
}

if (cluster.isPrimary && job.postgresUrl === null) {
  openSqlite()
  new Worker(new URL('../packages/server/src/store/sqliteCheckpointer.ts', import.meta.url), {
    workerData: job.sqlitePath,
  })
}
if (job.processes === 1) await serve()
else if (cluster.isPrimary) for (let n = 0; n < job.processes; n++) cluster.fork()
else await serve()
