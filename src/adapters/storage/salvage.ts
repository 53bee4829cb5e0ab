import { transact, type SqlDriver, type SqlRow, type SqlValue } from './driver.ts'
import { resumeIndex, suspendIndex } from './rows/search-index.ts'

/** Rows of one table: how many were saved, and how many are known to be lost (at least). */
export interface TableSalvage {
  readonly kept: number
  readonly lost: number
}

/** Rows read at a time while all goes well. */
const BATCH = 256
/** Rows saved in one transaction: each is flushed. */
const COMMIT_EVERY = 2_000
/** What a fresh database has of itself: the count of commits, and what the search index holds. */
const OWN = new Set(['commits', 'search_progress', 'search_changes'])

interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
  readonly hasRowid: boolean
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** Ordinary tables of a schema; search indexes are made again from what they index. */
const tablesOf = (driver: SqlDriver): readonly Table[] =>
  driver
    .prepare("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    .all()
    .map((row) => ({ name: String(row['name']), hasRowid: row['wr'] === 0 }))
    .filter(({ name }) => !name.startsWith('sqlite_') && !OWN.has(name))
    .map(({ name, hasRowid }) => {
      const columns = driver.prepare('SELECT name, pk FROM pragma_table_info(?) ORDER BY cid').all(name)
      const key = columns
        .filter((row) => Number(row['pk']) > 0)
        .sort((a, b) => Number(a['pk']) - Number(b['pk']))
      const names = (rows: readonly SqlRow[]) => rows.map((row) => String(row['name']))
      return { name, hasRowid, columns: names(columns), key: names(key) }
    })

/**
 * Reads what is readable of a damaged database into a fresh one of the newest schema; the damaged one is only read. Rows that stand by
 * themselves no longer (of a conversation that is lost) are left out and count as lost. Answers by table.
 */
export const salvage = (from: SqlDriver, to: SqlDriver): ReadonlyMap<string, TableSalvage> => {
  const known = new Map(attempt(() => tablesOf(from))?.map((table) => [table.name, table]))
  const results = new Map<string, TableSalvage>()
  to.exec('PRAGMA foreign_keys=OFF')
  suspendIndex(to)
  for (const table of tablesOf(to)) {
    const source = known.get(table.name)
    if (!source) continue
    results.set(
      table.name,
      copyTable(from, to, {
        ...source,
        columns: source.columns.filter((name) => table.columns.includes(name)),
      })
    )
  }
  for (const row of to.prepare('SELECT "table" AS name, rowid AS id FROM pragma_foreign_key_check').all()) {
    const name = String(row['name'])
    const before = results.get(name) ?? { kept: 0, lost: 0 }
    if (row['id'] === null) continue
    to.prepare(`DELETE FROM ${quoted(name)} WHERE rowid = ?`).run(row['id'] ?? null)
    results.set(name, { kept: before.kept - 1, lost: before.lost + 1 })
  }
  resumeIndex(to)
  to.exec('PRAGMA foreign_keys=ON')
  return results
}

const copyTable = (from: SqlDriver, to: SqlDriver, table: Table): TableSalvage => {
  const columns = table.columns.map(quoted).join(', ')
  const insert = to.prepare(
    `INSERT OR REPLACE INTO ${quoted(table.name)} (${columns}) VALUES (${table.columns.map(() => '?').join(', ')})`
  )
  let pending: SqlRow[] = []
  let kept = 0
  const flush = (): void => {
    transact(to, () => {
      // A row that breaks a rule of the schema is damage too.
      for (const row of pending)
        if (attempt(() => insert.run(...table.columns.map((name) => row[name] ?? null))) !== undefined)
          kept += 1
    })
    pending = []
  }
  const put = (rows: readonly SqlRow[]): void => {
    pending.push(...rows)
    if (pending.length >= COMMIT_EVERY) flush()
  }
  const gaps = table.hasRowid ? copyByRowid(from, table, put) : copyByKey(from, table, put)
  flush()
  const total = countByIndexes(from, table.name)
  return { kept, lost: total === undefined ? gaps : Math.max(0, total - kept) }
}

/** An index lies on other pages than the rows and often still knows how many there were: each is asked. */
const countByIndexes = (from: SqlDriver, table: string): number | undefined => {
  const indexes = attempt(() =>
    from.prepare('SELECT name FROM pragma_index_list(?) WHERE partial = 0').all(table)
  )
  const ways = ['NOT INDEXED', ...(indexes ?? []).map((row) => `INDEXED BY ${quoted(String(row['name']))}`)]
  for (const way of ways) {
    const row = attempt(() => from.prepare(`SELECT count(*) AS n FROM ${quoted(table)} ${way}`).get())
    if (row) return Number(row['n'])
  }
  return undefined
}

type Put = (rows: readonly SqlRow[]) => void
type Read = (limit: number) => readonly SqlRow[] | undefined

/** Reads as many rows as go, fewer and fewer where one of them cannot be read. Undefined when the very next one cannot. */
const createReader = (): ((read: Read) => readonly SqlRow[] | undefined) => {
  let limit = BATCH
  return (read) => {
    for (;;) {
      const rows = read(limit)
      const used = limit
      limit = rows ? Math.min(BATCH, limit * 2) : Math.max(1, limit >> 2)
      if (rows !== undefined || used === 1) return rows
    }
  }
}

/** In the order of row ids; what cannot be read is stepped over by seeking behind it. Answers how many rows seem to be missing. */
const copyByRowid = (from: SqlDriver, table: Table, put: Put): number => {
  const name = quoted(table.name)
  const reader = createReader()
  const all = from.prepare(
    `SELECT rowid AS salvage_id, * FROM ${name} WHERE rowid > ? ORDER BY rowid LIMIT ?`
  )
  const next = from.prepare(`SELECT rowid AS id FROM ${name} WHERE rowid > ? ORDER BY rowid LIMIT 1`)
  const nextAfter = (after: number): number | null | undefined =>
    attempt(() => {
      const row = next.get(after)
      return row ? Number(row['id']) : null
    })
  let at = 0
  let gaps = 0
  for (;;) {
    const rows = reader((limit) => attempt(() => all.all(at, limit)))
    if (rows?.length === 0) return gaps
    if (rows) {
      put(rows)
      at = Number(rows.at(-1)?.['salvage_id'])
      continue
    }
    const behind = behindDamage(at, nextAfter)
    if (behind === null) return gaps + 1
    gaps += behind - at
    at = behind
  }
}

/** The first place behind `at` from which reading goes on, all but exactly; null when there is none. */
const behindDamage = (at: number, nextAfter: (at: number) => number | null | undefined): number | null => {
  let bad = at
  let step = 1
  let found: number | null | undefined
  while ((found = nextAfter(at + step)) === undefined) {
    bad = at + step
    step *= 2
    if (step > Number.MAX_SAFE_INTEGER / 4) return null
  }
  let good = at + step
  while (good - bad > 1) {
    const middle = Math.floor((good + bad) / 2)
    const seen = nextAfter(middle)
    if (seen === undefined) bad = middle
    else [good, found] = [middle, seen]
  }
  return found === null ? null : good
}

/** From both ends towards the damage, for tables that are their own index. Answers how many rows are missing, at least. */
const copyByKey = (from: SqlDriver, table: Table, put: Put): number => {
  const key = table.key.map(quoted)
  const marks = key.map(() => '?').join(', ')
  /** True when it came to the other end. */
  const walk = (direction: 'ASC' | 'DESC'): boolean => {
    const order = key.map((name) => `${name} ${direction}`).join(', ')
    const sign = direction === 'ASC' ? '>' : '<'
    const reader = createReader()
    let last: readonly SqlValue[] | undefined
    for (;;) {
      const where = last ? `WHERE (${key.join(', ')}) ${sign} (${marks})` : ''
      const values = last ?? []
      const rows = reader((limit) =>
        attempt(() =>
          from
            .prepare(`SELECT * FROM ${quoted(table.name)} ${where} ORDER BY ${order} LIMIT ?`)
            .all(...values, limit)
        )
      )
      if (!rows) return false
      if (rows.length === 0) return true
      put(rows)
      last = table.key.map((name) => rows.at(-1)?.[name] ?? null)
    }
  }
  if (walk('ASC')) return 0
  walk('DESC')
  return 1
}
