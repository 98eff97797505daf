// Tests do not see each other's databases.
import pg from 'pg'
import { expect, test } from 'vitest'
import { createDatabase } from './postgres.ts'
import { rounds } from './rounds.ts'

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return rows
  } finally {
    await client.end()
  }
}

test('each test has a durable database of its own', async () => {
  const count = rounds('databases side by side')
  const databases = await Promise.all(Array.from({ length: count }, createDatabase))
  expect(new Set(databases.map(({ url }) => url)).size).toBe(count)
  for (const { url } of databases) {
    await query(url, 'create table only_here (id int)')
    expect(await query(url, 'show fsync')).toEqual([{ fsync: 'on' }])
    expect(await query(url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }])
  }
  for (const { url, drop } of databases) {
    await drop()
    await expect(query(url, 'select 1')).rejects.toThrow('does not exist')
  }
})
