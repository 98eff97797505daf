// Seals: each alone opens the instance, none is lost on the way, and changed rows are not trusted.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatePrivateKey, publicKeyOf, sealTo, uncompressPublicKey } from '@keystead/crypto/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportLog } from '../../src/commands.ts'
import { listSeals as readSeals } from '../../src/domain/keyvault/keyvault.store.ts'
import { Keyvault } from '../../src/domain/keyvault/keyvault.ts'
import { RootKeys } from '../../src/domain/keyvault/rootKeys.ts'
import { detailsOf, OlderSeal, wrapForAllSeals } from '../../src/domain/keyvault/seals.ts'
import { openWith, unsealByConfig } from '../../src/host/unsealing.ts'
import {
  addFileSeal,
  addPassphraseSeal,
  addRecoverySeal,
  addShamirSeal,
  exportSealFile,
  listSeals,
  removeSeal,
  testSeal,
} from '../../src/host/sealCommands.ts'
import { INSTANCE_ID, newUuid } from '../../src/platform/ids.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import {
  byFile,
  byShares,
  byWords,
  makeOlder,
  open,
  PASSPHRASE,
  placeOf,
  sealRows,
} from '../support/seals.ts'

const SIZES = { threshold: 2, count: 3 }

const fileSealOf = async ({ config }: Instance) =>
  (await listSeals(config)).find(({ kind }) => kind === 'file')?.sealId ?? ''

describe.each(engines)('seals on %s', (engine) => {
  let instance: Instance

  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())

  test('of each kind open the same root key, each alone', async () => {
    const { config } = instance
    const recovery = await addRecoverySeal(config)
    const shamir = await addShamirSeal(config, SIZES)
    const passphraseId = await addPassphraseSeal(config, PASSPHRASE)
    const path = join(config.dataDirectory, 'second.key')
    const fileId = await addFileSeal(config, path)
    const expected = (await open(instance, byFile(instance))).rootKeys.toText()
    const [a = '', b = '', c = ''] = shamir.shares
    for (const [opener, sealId] of [
      [byWords(recovery.words), recovery.sealId],
      [byShares([a, c]), shamir.sealId],
      [byShares([c, b]), shamir.sealId],
      [{ kind: 'passphrase', passphrase: PASSPHRASE }, passphraseId],
      [byFile(instance, path), fileId],
    ] as const) {
      const opened = await open(instance, opener)
      expect([opened.sealId, opened.rootKeys.toText()]).toEqual([sealId, expected])
    }
    const kinds = (await listSeals(config)).map(({ kind }) => kind)
    expect(kinds.sort()).toEqual(['file', 'file', 'passphrase', 'recovery', 'recovery', 'shamir'])
  })

  test('are added and removed with an entry in the chain of the instance, which tells no secret', async () => {
    const { sealId, words } = await addRecoverySeal(instance.config)
    await testSeal(instance.config, byWords(words), sealId)
    await removeSeal(instance.config, sealId)
    const entries = await instance.rows<{ action: string; resource: string; actor: string }>(
      'select action, actor, resource from audit_entry where organization_id = ?u order by seq',
      INSTANCE_ID,
    )
    expect(entries.filter(({ resource }) => resource === sealId)).toEqual([
      { action: 'seal.add', actor: 'host', resource: sealId },
      { action: 'seal.test', actor: 'host', resource: sealId },
      { action: 'seal.remove', actor: 'host', resource: sealId },
    ])
    expect(await instance.problems()).toEqual([])
    const log = join(instance.config.dataDirectory, 'log.jsonl')
    await exportLog(instance.config, { organizationId: null, checkpointsOnly: false, file: log })
    expect(readFileSync(log, 'utf8')).toContain('seal.add')
    expect(readFileSync(log, 'utf8')).not.toContain(words)
  })

  test('that were removed open nothing', async () => {
    const { sealId, words } = await addRecoverySeal(instance.config)
    await removeSeal(instance.config, sealId)
    expect(await openWith(placeOf(instance), byWords(words))).toBeUndefined()
  })

  test('do not open for the secret of another seal of the same kind', async () => {
    const [first, second] = [
      await addRecoverySeal(instance.config),
      await addRecoverySeal(instance.config),
    ]
    expect(await openWith(placeOf(instance), byWords(first.words), second.sealId)).toBeUndefined()
    expect((await open(instance, byWords(first.words), first.sealId)).sealId).toBe(first.sealId)
  })

  test('of the older form open, and have public keys from then on', async () => {
    const older = await openInstance(engine)
    try {
      const { words } = await addRecoverySeal(older.config)
      const expected = (await open(older, byWords(words))).rootKeys.toText()
      const sealId = await makeOlder(older, byWords(words))
      const next = { version: 2, key: Buffer.alloc(32, 7) }
      const { rootKeys } = await open(older, byFile(older))
      const { reader } = older.app.store
      const wrapping = wrapForAllSeals(reader, rootKeys, next)
      await expect(wrapping).rejects.toThrow(new OlderSeal({ id: sealId, kind: 'recovery' }))
      expect(await openWith(placeOf(older), byWords('abandon '.repeat(23) + 'art'))).toBeUndefined()
      expect((await open(older, byWords(words), sealId)).rootKeys.toText()).toBe(expected)
      const row = (await readSeals(older.app.store.reader)).find(({ id }) => id === sealId)
      expect(row?.public_key).toHaveLength(65)
      expect((await open(older, byWords(words), sealId)).rootKeys.toText()).toBe(expected)
      const { wraps } = await wrapForAllSeals(older.app.store.reader, rootKeys, next)
      expect(wraps).toHaveLength(3)
    } finally {
      await older.dispose()
    }
  })

  test('are all wrapped for when there is a new root key', async () => {
    const { config, app } = instance
    const { words } = await addRecoverySeal(config)
    const { rootKeys } = await open(instance, byFile(instance))
    const next = { version: 2, key: Buffer.alloc(32, 7) }
    const made = await wrapForAllSeals(app.store.reader, rootKeys, next)
    const before = await sealRows(instance)
    expect(made.seals).toHaveLength(before.seals.length)
    for (const { seal_id, root_version, wrapped } of made.wraps) {
      await instance.tamper(
        'insert into seal_wrap (seal_id, root_version, wrapped) values (?u, ?, ?)',
        seal_id,
        root_version,
        wrapped,
      )
    }
    for (const opener of [byFile(instance), byWords(words)]) {
      const opened = (await open(instance, opener)).rootKeys
      expect(opened.newest).toEqual(next)
      expect(opened.key(1)).toEqual(rootKeys.key(1))
    }
    await instance.tamper('delete from seal_wrap where root_version = 2')
  })

  test('are not added under a root key that is not the newest', async () => {
    await instance.tamper('insert into root_key (version, created_ms) values (2, 0)')
    await expect(addRecoverySeal(instance.config)).rejects.toThrow('the root key has just been')
    await instance.tamper('delete from root_key where version = 2')
  })
})

describe('removing a seal', () => {
  let instance: Instance

  beforeAll(async () => {
    instance = await openInstance('sqlite')
  })
  afterAll(() => instance.dispose())

  test('needs another one that has been opened by its secret', async () => {
    const { config } = instance
    const fileId = await fileSealOf(instance)
    await expect(removeSeal(config, fileId)).rejects.toThrow('no other seal is known to work')
    const { sealId, shares } = await addShamirSeal(config, SIZES)
    await expect(removeSeal(config, fileId)).rejects.toThrow('no other seal is known to work')
    await testSeal(config, byShares(shares.slice(1)), sealId)
    await removeSeal(config, fileId)
    expect((await listSeals(config)).map(({ kind }) => kind)).toEqual(['recovery', 'shamir'])
    // Its key file opens nothing now, so that commands need a server.
    await expect(addRecoverySeal(config)).rejects.toThrow('no server is running')
  })

  test('is refused for one that is not there, and for what is no id', async () => {
    const other = await openInstance('sqlite')
    try {
      const id = newUuid(Date.now())
      await expect(removeSeal(other.config, id)).rejects.toThrow(`there is no seal ${id}`)
      await expect(removeSeal(other.config, 'seal')).rejects.toThrow('is not the id of a seal')
      expect(await listSeals(other.config)).toHaveLength(2)
    } finally {
      await other.dispose()
    }
  })

  test('is never possible for the last', async () => {
    const other = await openInstance('sqlite')
    try {
      await other.tamper(`delete from seal where kind = 'recovery'`)
      const fileId = await fileSealOf(other)
      await expect(removeSeal(other.config, fileId)).rejects.toThrow('the last seal')
      expect(await listSeals(other.config)).toHaveLength(1)
    } finally {
      await other.dispose()
    }
  })

  test('by two people at once leaves one seal', async () => {
    const other = await openInstance('sqlite')
    try {
      const { config } = other
      const path = join(config.dataDirectory, 'second.key')
      const ids = [await fileSealOf(other), await addFileSeal(config, path)]
      await other.tamper(`delete from seal where kind = 'recovery'`)
      const removed = await Promise.allSettled(ids.map((id) => removeSeal(config, id)))
      expect(removed.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await listSeals(config)).toHaveLength(1)
    } finally {
      await other.dispose()
    }
  })
})

describe('a row that was changed by SQL', () => {
  let instance: Instance
  let words: string
  let sealId: string

  beforeAll(async () => {
    instance = await openInstance('sqlite')
    const made = await addRecoverySeal(instance.config)
    words = made.words
    sealId = made.sealId
  })
  afterAll(() => instance.dispose())

  const strangersKey = () =>
    uncompressPublicKey('p256', publicKeyOf('p256', generatePrivateKey('p256')))

  async function withRow(change: string, value: string | Buffer, work: () => Promise<void>) {
    const [row] = await instance.rows('select * from seal where id = ?u', sealId)
    await instance.tamper(`update seal set ${change} = ? where id = ?u`, value, sealId)
    await work()
    await instance.tamper(
      `update seal set ${change} = ? where id = ?u`,
      row?.[change] ?? null,
      sealId,
    )
  }

  test('does not get a root key wrapped to its public key', async () => {
    const { rootKeys } = await open(instance, byFile(instance))
    const { reader } = instance.app.store
    const next = { version: 2, key: Buffer.alloc(32, 7) }
    await withRow('public_key', strangersKey(), async () => {
      await expect(wrapForAllSeals(reader, rootKeys, next)).rejects.toThrow('changed from outside')
      // What it was made for opens it still: people must not be kept out of their own keys.
      expect((await open(instance, byWords(words))).sealId).toBe(sealId)
    })
    expect((await wrapForAllSeals(reader, rootKeys, next)).wraps).toHaveLength(3)
  })

  test('does not count as tested because it says so', async () => {
    const fileId = await fileSealOf(instance)
    await withRow('details', JSON.stringify({ provedMs: 1 }), async () => {
      await expect(removeSeal(instance.config, fileId)).rejects.toThrow('no other seal is known')
    })
    expect(await listSeals(instance.config)).toHaveLength(3)
  })

  test('is not written to, whatever it says', async () => {
    await withRow('public_key', strangersKey(), async () => {
      await expect(testSeal(instance.config, byWords(words), sealId)).rejects.toThrow(
        'changed from outside',
      )
      const rows = await readSeals(instance.app.store.reader)
      expect(rows.filter(({ id }) => id === sealId).map(detailsOf)).toEqual([{}])
    })
  })

  test('into nonsense keeps no other seal from opening', async () => {
    const fileId = await fileSealOf(instance)
    for (const details of ['', 'null', '[]', '{"threshold":2,"salt":"","shares":[""]}']) {
      await withRow('details', details, async () => {
        expect((await open(instance, byFile(instance))).sealId).toBe(fileId)
        expect((await open(instance, byWords(words))).sealId).toBe(sealId)
        expect(await listSeals(instance.config)).toHaveLength(3)
      })
    }
  })

  test('cannot put in a root key of somebody else, who knows every public key', async () => {
    const [row] = (await readSeals(instance.app.store.reader)).filter(({ id }) => id === sealId)
    const forged = sealTo(
      row?.public_key ?? Buffer.of(),
      { info: Buffer.from('keystead.seal'), aad: Buffer.from('root_key') },
      Buffer.alloc(32, 9),
    )
    await instance.tamper(
      'insert into seal_wrap (seal_id, root_version, wrapped) values (?u, 2, ?)',
      sealId,
      forged,
    )
    const { rootKeys } = await open(instance, byWords(words))
    expect(rootKeys.all.map(({ version }) => version)).toEqual([1])
    await instance.tamper('delete from seal_wrap where root_version = 2')
  })

  test('and a wrap of another seal open nothing together', async () => {
    const { wraps } = await sealRows(instance)
    const other = wraps.find((wrap) => wrap['seal_id'] !== sealId)?.['wrapped'] ?? null
    const own = wraps.find((wrap) => wrap['seal_id'] === sealId)?.['wrapped'] ?? null
    const replace = 'update seal_wrap set wrapped = ? where seal_id = ?u'
    await instance.tamper(replace, other, sealId)
    expect(await openWith(placeOf(instance), byWords(words))).toBeUndefined()
    await instance.tamper(replace, own, sealId)
    expect((await open(instance, byWords(words))).sealId).toBe(sealId)
  })
})

describe('key files', () => {
  let instance: Instance

  beforeAll(async () => {
    instance = await openInstance('sqlite')
  })
  afterAll(() => instance.dispose())

  const path = (name: string) => join(instance.config.dataDirectory, name)

  test('are exported to files of their own, which is noted', async () => {
    const exported = path('exported.key')
    const sealId = await exportSealFile(instance.config, exported)
    expect(readFileSync(exported)).toEqual(readFileSync(instance.config.sealFile))
    expect(statSync(exported).mode & 0o777).toBe(0o600)
    const [seal] = (await listSeals(instance.config)).filter((listed) => listed.sealId === sealId)
    expect(seal?.exportedAt).toMatch(/^\d{4}-/)
    expect((await open(instance, byFile(instance, exported))).sealId).toBe(sealId)
  })

  test('are never written over', async () => {
    const before = readFileSync(instance.config.sealFile)
    for (const write of [addFileSeal, exportSealFile]) {
      await expect(write(instance.config, instance.config.sealFile)).rejects.toThrow(
        'exists already',
      )
    }
    expect(readFileSync(instance.config.sealFile)).toEqual(before)
    expect(await listSeals(instance.config)).toHaveLength(2)
  })

  test('that cannot be written add no seal', async () => {
    await expect(addFileSeal(instance.config, path('nowhere/file.key'))).rejects.toThrow(
      'cannot be written',
    )
    expect(await listSeals(instance.config)).toHaveLength(2)
  })
})

describe('what the configuration names', () => {
  test('opens the instance: a key file, else a passphrase in a file', async () => {
    const instance = await openInstance('sqlite')
    try {
      await addPassphraseSeal(instance.config, PASSPHRASE)
      const passphraseFile = join(instance.config.dataDirectory, 'passphrase')
      writeFileSync(passphraseFile, `${PASSPHRASE}\n`)
      const place = { ...placeOf(instance), config: { ...instance.config, passphraseFile } }
      expect(await unsealByConfig(place)).toMatchObject({ troubles: [] })
      rmSync(instance.config.sealFile)
      const { rootKeys, troubles } = await unsealByConfig(place)
      expect(troubles).toEqual([`there is no seal key file ${instance.config.sealFile}`])
      expect(rootKeys).toBeInstanceOf(RootKeys)
      expect(await Keyvault.open(instance.app.store.reader, rootKeys as RootKeys)).toBeDefined()
      writeFileSync(passphraseFile, 'not the passphrase')
      expect(await unsealByConfig(place)).toEqual({
        rootKeys: undefined,
        troubles: [expect.any(String), `the passphrase in ${passphraseFile} opens no seal`],
      })
      rmSync(passphraseFile)
      expect((await unsealByConfig(place)).troubles[1]).toContain('cannot be read')
      expect(existsSync(instance.config.sealFile)).toBe(false)
    } finally {
      await instance.dispose()
    }
  })

  test('is no passphrase that is too short or too long', async () => {
    const instance = await openInstance('sqlite')
    try {
      for (const passphrase of ['', 'fourteen chars', 'x'.repeat(1025)]) {
        await expect(addPassphraseSeal(instance.config, passphrase)).rejects.toThrow(
          '15 to 1024 characters',
        )
      }
      expect(await listSeals(instance.config)).toHaveLength(2)
    } finally {
      await instance.dispose()
    }
  })
})
