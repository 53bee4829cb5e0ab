import Database from 'better-sqlite3-multiple-ciphers'
import {
  COMMON_PRAGMAS,
  filePragmas,
  type SqlDriver,
  type SqlRow,
  type SqlStatement,
  type SqlValue,
} from './driver.ts'
import { guarded } from './failures.ts'

/**
 * SQLite3MultipleCiphers in Node: the same file format as in the browser. A file that another process holds gives "locked" at once.
 * @param path a file, or `:memory:`
 * @param keyHex 64 hex digits
 */
export const openNodeDriver = (path: string, keyHex: string): SqlDriver => {
  const database = guarded(() => new Database(path, { timeout: 0 }))
  const statements = new Map<string, SqlStatement>()
  try {
    const pragmas = path === ':memory:' ? COMMON_PRAGMAS : [...filePragmas(keyHex), ...COMMON_PRAGMAS]
    for (const pragma of pragmas) guarded(() => database.exec(pragma))
    guarded(() => database.prepare('SELECT count(*) FROM sqlite_schema').get())
  } catch (error) {
    database.close()
    throw error
  }
  let last = 0
  const prepare = (sql: string): SqlStatement => {
    const statement = guarded(() => database.prepare(sql))
    return {
      run: (...values) =>
        guarded(() => {
          const result = statement.run(...values)
          last = Number(result.lastInsertRowid)
          return result.changes
        }),
      get: (...values) => guarded(() => rowOf(statement.get(...values))),
      all: (...values) => guarded(() => statement.all(...values).map((row) => rowOf(row) ?? {})),
    }
  }
  return {
    exec: (sql) => guarded(() => void database.exec(sql)),
    prepare: (sql) => {
      const known = statements.get(sql) ?? prepare(sql)
      statements.set(sql, known)
      return known
    },
    lastInsertId: () => last,
    close: () => void database.close(),
  }
}

/** Buffers become plain byte arrays, as in the browser. */
const rowOf = (row: unknown): SqlRow | undefined => {
  if (typeof row !== 'object' || row === null) return undefined
  const plain: Record<string, SqlValue> = {}
  for (const [name, value] of Object.entries(row))
    plain[name] = value instanceof Uint8Array ? new Uint8Array(value) : (value as SqlValue)
  return plain
}
