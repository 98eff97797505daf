// A PostgreSQL database for one test, on the cluster that tools/test.ts started.
import { randomUUID } from 'node:crypto'
import pg from 'pg'

export type Database = { url: string; drop: () => Promise<void> }

async function onCluster(clusterUrl: string, statement: string): Promise<void> {
  const client = new pg.Client(clusterUrl)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Makes an empty database. `drop` removes it, also while connections are open. */
export async function createDatabase(): Promise<Database> {
  const clusterUrl = process.env['KEYSTEAD_TEST_POSTGRES']
  if (clusterUrl === undefined) throw new Error('no KEYSTEAD_TEST_POSTGRES: run `npm test`')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onCluster(clusterUrl, `create database ${name}`)
  const url = new URL(clusterUrl)
  url.pathname = name
  return {
    url: url.href,
    drop: () => onCluster(clusterUrl, `drop database ${name} with (force)`),
  }
}
