// Which statements of the stores read more rows than an index leads to, by each engine's own plan.
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { compiledStatements } from '../../src/store/sql.ts'

/** What may read a whole table or index, and why. */
const WHOLE: Record<string, RegExp> = {
  'an instance has a root key or two':
    /^select version from root_key order by version desc limit 1$/,
  'an archive takes every row, in order of the primary key':
    /^select [\w, ]+ from \w+ order by [\w, ]+ limit (\?|\$1)$/,
  'a restore gives up every event that waits':
    /^update webhook_event .* where outcome = 'waiting'$/,
  'an instance has a handful of seals': /from seal order by id$|from seal_wrap where root_version </,
  'an instance has a root key, or two while it is replaced': /from root_key order by version$/,
  'the partial index holds the superseded keys only':
    /from organization_key where superseded_ms is not null/,
  'an instance has a handful of keys': /from instance_key order by name, version$/,
  'an export takes every chain': /^select organization_id from organization_head order by/,
  'the partial index holds the dirty heads only': /from organization_head where dirty = 1 order by/,
  'it takes the end of the index':
    /from (checkpoint order by height|root_key order by version) desc limit 1$/,
}

/** Transactions, settings, the schema itself, and inserts that look nothing up. */
const WITHOUT_ROWS =
  /^(savepoint |release |rollback |create |drop |alter |insert into \w+ \([^)]*\) values \([^)]*\)$|insert into \w+ \([^)]*\) select .* from seal\b|select pg_advisory|select current_setting|select max\(version\)|select name from sqlite_master|select to_regclass|select name, lower\(type\)|select a\.attname)/

const oneLine = (sql: string) => sql.replaceAll(/\s+/g, ' ').trim()

/** The plan of one statement: the nodes that are no look-up by an index. */
type Explain = (sql: string) => Promise<string[]>

/** Explains every statement that this process ran. */
export async function explainAll(engine: 'sqlite' | 'postgres', explain: Explain) {
  const statements = compiledStatements()
    .map((statement) => oneLine(statement[engine]))
    .filter((sql) => !WITHOUT_ROWS.test(sql))
  const excused = new Set<string>()
  const found: string[] = []
  for (const sql of statements) {
    const nodes = await explain(sql)
    if (nodes.length === 0) continue
    const reason = Object.keys(WHOLE).find((key) => WHOLE[key]?.test(sql))
    if (reason === undefined) found.push(`${sql}: ${nodes.join(', ')}`)
    else excused.add(reason)
  }
  return { statements, found, excused: [...excused].sort() }
}

/** Every reason for which a whole table may be read. */
export const reasons: readonly string[] = Object.keys(WHOLE).sort()

export function explainSqlite(path: string): { explain: Explain; close: () => Promise<void> } {
  const db = new DatabaseSync(path, { readOnly: true })
  return {
    explain: (sql) =>
      Promise.resolve(
        db
          .prepare(`explain query plan ${sql}`)
          .all()
          .map((row) => String(row['detail']))
          .filter((line) => line.startsWith('SCAN ')),
      ),
    close: () => Promise.resolve(db.close()),
  }
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Cond'?: string
  Plans?: PlanNode[]
}

const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)]

/** Tables are nearly empty in tests, so what counts is whether a plan by an index is possible. */
export async function explainPostgres(url: string) {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('set enable_seqscan = off')
  await client.query('set plan_cache_mode = force_generic_plan')
  const explain: Explain = async (sql) => {
    const count = new Set(sql.match(/\$\d+/g)).size
    const nulls = Array.from({ length: count }, () => 'null').join(', ')
    await client.query(`prepare explained as ${sql}`)
    const execute = count === 0 ? 'explained' : `explained(${nulls})`
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `explain (format json) execute ${execute}`,
    )
    await client.query('deallocate explained')
    return rows
      .flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan)))
      .filter(isWholeRead)
      .map((node) => `${node['Node Type']} on ${node['Relation Name'] ?? ''}`)
  }
  return { explain, close: () => client.end() }
}

function isWholeRead(node: PlanNode): boolean {
  const type = node['Node Type']
  if (type === 'Seq Scan') return true
  return /^(Index Scan|Index Only Scan|Bitmap Index Scan)$/.test(type) && !node['Index Cond']
}
