import { rowsOnPages } from './key-tree.ts'
import { transact, type SqlDriver, type SqlRow, type SqlValue } from './driver.ts'

/** A table to read from. */
export interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
  readonly hasRowid: boolean
}

/** Rows read at a time while all goes well. */
const BATCH = 256
/** Rows saved in one transaction: each is flushed. */
const COMMIT_EVERY = 2_000

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** Copies what can be read of a table. Answers how many rows were saved, and how many seem to be missing. */
export const copyRows = (
  from: SqlDriver,
  to: SqlDriver,
  table: Table
): { readonly kept: number; readonly gaps: number } => {
  const columns = table.columns.map(quoted).join(', ')
  const insert = to.prepare(
    `INSERT OR REPLACE INTO ${quoted(table.name)} (${columns}) VALUES (${table.columns.map(() => '?').join(', ')})`
  )
  const count = (): number =>
    Number(to.prepare(`SELECT count(*) AS n FROM ${quoted(table.name)}`).get()?.['n'])
  const before = count()
  let pending: SqlRow[] = []
  const flush = (): void => {
    transact(to, () => {
      // A row that breaks a rule of the schema is damage too.
      for (const row of pending) attempt(() => insert.run(...table.columns.map((name) => row[name] ?? null)))
    })
    pending = []
  }
  const put = (rows: readonly SqlRow[]): void => {
    pending.push(...rows)
    if (pending.length >= COMMIT_EVERY) flush()
  }
  const gaps = table.hasRowid ? copyByRowid(from, table, put) : copyByKey(from, table, put)
  flush()
  // Some may have been found twice.
  return { kept: count() - before, gaps }
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

/**
 * For tables that are their own index. Where there is damage, every page that is whole is read by itself; where pages cannot be looked at, rows are
 * read from both ends towards the damage. Answers how many rows are missing, at least.
 */
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
  const pages = rowsOnPages(from, table.name)
  if (!pages) {
    walk('DESC')
    return 1
  }
  let gaps = 0
  for (const row of pages) {
    if (row) put([row])
    else gaps += 1
  }
  return gaps
}
