// A TCP proxy before PostgreSQL that loses connections at the moment of a commit.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * Where the next commit of a writing transaction is lost: before it reaches the database, after the
 * database has answered it, or on its way, while the client already knows that the line is dead.
 */
export type Cut = 'before' | 'after' | 'on its way'

const ON_ITS_WAY_MS = 300
/** The simple queries of a transaction, as the protocol ends them. */
const BEGIN = Buffer.from('BEGIN\0')
const COMMIT = Buffer.from('COMMIT\0')

export class CuttingProxy {
  readonly #sockets = new Set<Socket>()
  readonly #target: URL
  #server: Server | undefined
  #cuts: Cut[] = []
  /** How many commits were lost so far. */
  lost = 0

  constructor(databaseUrl: string) {
    this.#target = new URL(databaseUrl)
  }

  /** Starts listening; the URL that goes through this proxy. */
  async start(): Promise<string> {
    this.#server = createServer((client) => this.#relay(client)).listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const url = new URL(this.#target)
    url.hostname = '127.0.0.1'
    url.port = String(address.port)
    return url.href
  }

  /** Loses the connections of the next commits in these ways. */
  cutNext(...cuts: Cut[]): void {
    this.#cuts.push(...cuts)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const closed = this.#server === undefined ? undefined : once(this.#server, 'close')
    this.#server?.close()
    await closed
  }

  #relay(client: Socket): void {
    const database = connect(Number(this.#target.port), this.#target.hostname)
    for (const socket of [client, database]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy())
    }
    let writing = false
    let silent = false
    client.on('data', (bytes) => {
      if (bytes.includes(BEGIN)) writing = true
      const cut = writing && bytes.includes(COMMIT) ? this.#cuts.shift() : undefined
      if (bytes.includes(COMMIT)) writing = false
      if (cut === undefined) {
        database.write(bytes)
        return
      }
      silent = true
      this.lost++
      this.#cut(cut, bytes, { client, database })
    })
    database.on('data', (bytes) => {
      if (!silent) client.write(bytes)
    })
    client.on('close', () => {
      if (!silent) database.destroy()
    })
    database.on('close', () => client.destroy())
  }

  #cut(cut: Cut, commit: Buffer, { client, database }: Record<'client' | 'database', Socket>) {
    switch (cut) {
      case 'before':
        client.destroy()
        database.destroy()
        return
      case 'after':
        database.once('data', () => database.destroy())
        database.write(commit)
        return
      case 'on its way':
        client.destroy()
        setTimeout(() => {
          database.once('data', () => database.destroy())
          database.write(commit)
        }, ON_ITS_WAY_MS)
    }
  }
}
