import { adoptOrphans } from './adopt.ts'
import { noteOlderCopy } from './commits.ts'
import { attempt, copyRows, quoted, type Table } from './copy-rows.ts'
import type { SqlDriver, SqlRow } from './driver.ts'
import { IS_CLEARED } from './rows/cleared.ts'
import { resumeIndex, suspendIndex } from './rows/search-index.ts'

/** Rows of one table: how many were saved, and how many are known to be lost (at least). */
export interface TableSalvage {
  readonly kept: number
  readonly lost: number
}

/** What a fresh database has of itself: the count of commits, and what the search index holds. */
const OWN = new Set(['commits', 'search_progress', 'search_changes'])

/** What other rows tell of those that are lost, and what triggers counted while rows came back. */
const MEND = [
  `INSERT INTO conversations (id, draft, unread, active_at) SELECT conversation, '', 0, max(at) FROM messages
    WHERE conversation NOT IN (SELECT id FROM conversations) GROUP BY conversation`,
  `UPDATE conversations SET unread = (SELECT count(*) FROM messages m WHERE m.conversation = conversations.id AND m.unread = 1
    AND NOT ${IS_CLEARED})`,
]

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
 * Reads what is readable of a damaged database into a fresh one of the newest schema. Of the damaged one, which is a copy, places of tables may be
 * changed to reach what hangs on nothing. A conversation that is lost is made again from its messages; other rows that stand by themselves no longer
 * are left out and count as lost. The device is an older copy from then on. Answers by table.
 */
export const salvage = (from: SqlDriver, to: SqlDriver): ReadonlyMap<string, TableSalvage> => {
  const known = new Map(attempt(() => tablesOf(from))?.map((table) => [table.name, table]))
  const results = new Map<string, TableSalvage>()
  to.exec('PRAGMA foreign_keys=OFF')
  suspendIndex(to)
  const sources = tablesOf(to).flatMap(({ name, columns }) => {
    const source = known.get(name)
    return source ? [{ ...source, columns: source.columns.filter((column) => columns.includes(column)) }] : []
  })
  for (const table of sources) {
    const { kept, gaps } = copyRows(from, to, table)
    const total = countByIndexes(from, table.name)
    results.set(table.name, { kept, lost: total === undefined ? gaps : Math.max(0, total - kept) })
  }
  adoptOrphans(from, sources, (table) => {
    const before = results.get(table.name) ?? { kept: 0, lost: 0 }
    const { kept, gaps } = copyRows(from, to, table)
    results.set(table.name, { kept: before.kept + kept, lost: Math.max(0, before.lost - kept) + gaps })
  })
  for (const sql of MEND) to.exec(sql)
  for (const row of to.prepare('SELECT "table" AS name, rowid AS id FROM pragma_foreign_key_check').all()) {
    const name = String(row['name'])
    const before = results.get(name) ?? { kept: 0, lost: 0 }
    if (row['id'] === null) continue
    to.prepare(`DELETE FROM ${quoted(name)} WHERE rowid = ?`).run(row['id'] ?? null)
    results.set(name, { kept: before.kept - 1, lost: before.lost + 1 })
  }
  resumeIndex(to)
  // Nobody knows whether the sessions are those of the last message.
  noteOlderCopy(to)
  to.exec('PRAGMA foreign_keys=ON')
  return results
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
