/** node:sqlite in the shape that Kysely's SQLite dialect wants: no native module to build, and as fast (platform notes §4a). */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** Statements kept prepared; there are about fifty different ones. */
const MOST_STATEMENTS = 200

/** Opens a file with the settings of a store that answers only for what is on disk. */
export const openNodeSqlite = (path: string): SqliteDatabase => {
  const db = new DatabaseSync(path)
  for (const pragma of [
    'journal_mode = WAL',
    // Every commit is flushed: an acknowledged deposit survives a power cut.
    'synchronous = FULL',
    'foreign_keys = ON',
    'busy_timeout = 5000',
    // 32 MB of log between checkpoints and as much cache: pages that many deposits touch are written back once.
    'wal_autocheckpoint = 8000',
    'cache_size = -32000',
    // A statement of many rows keeps the pages that it changes, to undo a half of it: in a file, that was a third of all that was written.
    'temp_store = MEMORY',
    // What was acknowledged and deleted shall not be found in the file.
    'secure_delete = FAST',
  ])
    db.exec(`PRAGMA ${pragma}`)
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => {
      statements.clear()
      db.close()
    },
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known) return known
      const statement = adapt(db.prepare(sql))
      if (statements.size >= MOST_STATEMENTS) statements.clear()
      statements.set(sql, statement)
      return statement
    },
  }
}

const adapt = (statement: StatementSync): SqliteStatement => ({
  reader: statement.columns().length > 0,
  all: (values) => statement.all(...(values as SQLInputValue[])),
  run: (values) => statement.run(...(values as SQLInputValue[])),
  iterate: (values) => statement.iterate(...(values as SQLInputValue[])),
})
