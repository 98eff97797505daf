// A process that dies at its n-th write: nothing of that transaction stays, and nothing follows.
import type { Store, Tx } from '../../src/store/engine.ts'

/** Thrown where the process dies. */
class Died extends Error {
  override name = 'Died'
}

/**
 * A store whose n-th writing statement fails, and everything after it.
 * @param writes how many succeed; Infinity: all
 */
export function mortal(store: Store, writes: number) {
  let left = writes
  let made = 0
  const breathe = () => {
    if (left === 0) throw new Died('the process has died')
    left--
    made++
  }
  const write: Store['write'] = (lane, work) => {
    if (left === 0) return Promise.reject(new Died('the process has died'))
    return store.write(lane, async (tx) => {
      const value = await work(mortalTx(tx, breathe))
      // Its last statement succeeded, but it died before the commit.
      if (left === 0) throw new Died('the process has died')
      return value
    })
  }
  const dying: Store = {
    engine: store.engine,
    reader: store.reader,
    read: (work) => store.read(work),
    write,
    tidy: () => store.tidy(),
    close: () => store.close(),
  }
  return { store: dying, isDead: () => left === 0, made: () => made }
}

function mortalTx(tx: Tx, breathe: () => void): Tx {
  return {
    engine: tx.engine,
    all: (sql, ...params) => tx.all(sql, ...params),
    one: (sql, ...params) => tx.one(sql, ...params),
    async run(sql, ...params) {
      breathe()
      return tx.run(sql, ...params)
    },
    async insert(table, rows) {
      if (rows.length > 0) breathe()
      return tx.insert(table, rows)
    },
    savepoint: (work) => tx.savepoint(work),
    isOpen: () => tx.isOpen(),
  }
}
