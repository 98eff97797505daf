// Translates our SQL text (`?`, `?u`) to each engine's parameters, once for each text.

export interface Compiled {
  /** For `node:sqlite`: anonymous parameters. */
  sqlite: string
  /** For PostgreSQL: numbered parameters. */
  postgres: string
  /** Which parameters are uuids. */
  uuids: readonly boolean[]
  /** A short name under which PostgreSQL keeps the prepared statement. */
  name: string
}

const compiled = new Map<string, Compiled>()

/** Compiles `sql`; texts are built from few variants, so the program bounds the map. */
export function compile(sql: string): Compiled {
  let entry = compiled.get(sql)
  if (entry === undefined) {
    const uuids: boolean[] = []
    const postgres = sql.replaceAll(/\?(u\b)?/g, (_, uuid: string | undefined) => {
      uuids.push(uuid !== undefined)
      return `$${uuids.length}${uuid === undefined ? '' : '::uuid'}`
    })
    const sqlite = sql.replaceAll(/\?u\b/g, '?')
    entry = { sqlite, postgres, uuids, name: `s${compiled.size}` }
    compiled.set(sql, entry)
  }
  return entry
}
