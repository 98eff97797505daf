// A database of a version whose seals had no public keys: it is brought up to date, and opens.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newRecoverySecret } from '../../src/domain/keyvault/recoveryWords.ts'
import { openWith } from '../../src/host/unsealing.ts'
import { newUuid } from '../../src/platform/ids.ts'
import { migrate } from '../../src/store/migrate.ts'
import { PostgresStore } from '../../src/store/postgres.ts'
import { SqliteStore } from '../../src/store/sqlite.ts'
import { createPlace, engines } from '../support/instance.ts'
import { byWords, olderWrap } from '../support/seals.ts'

/** The last version of the schema without public keys of seals. */
const BEFORE = 12

test.each(engines)('on %s', async (engine) => {
  const place = await createPlace(engine)
  const store =
    engine === 'sqlite'
      ? new SqliteStore(join(place.data, 'keystead.db'), { checkpoints: false })
      : new PostgresStore(place.databaseUrl)
  try {
    await migrate(store, BEFORE)
    const rootKey = randomBytes(32)
    const made = [newRecoverySecret(), newRecoverySecret()]
    for (const { secret } of made) {
      const name = { id: newUuid(Date.now()), kind: 'recovery' } as const
      await store.write('alone', (tx) =>
        tx.run(
          'insert into seal (id, kind, wrapped_root_key, created_ms) values (?u, ?, ?, ?)',
          name.id,
          name.kind,
          olderWrap(name, secret, rootKey),
          1_700_000_000_000,
        ),
      )
    }
    await migrate(store)
    const open = (words: string) =>
      openWith({ store, config: place.configure(place.databaseUrl) }, byWords(words))
    expect(await open(newRecoverySecret().words)).toBeUndefined()
    for (const { words } of [...made, ...made]) {
      expect((await open(words))?.rootKeys.newest).toEqual({ version: 1, key: rootKey })
    }
    expect(await store.reader.all('select version, handover, created_ms from root_key')).toEqual([
      { version: 1, handover: null, created_ms: 1_700_000_000_000 },
    ])
    expect(await store.reader.all('select id from seal where public_key is null')).toEqual([])
  } finally {
    await store.close()
    await place.drop()
  }
})
