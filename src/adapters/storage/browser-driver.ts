import sqlite3InitModule, { type Database } from '@evolu/sqlite-wasm'
import { StorageFailure } from '../../core/ports/storage.ts'
import { openingPragmas, type SqlDriver, type SqlRow, type SqlStatement, type SqlValue } from './driver.ts'
import { guarded, toFailure } from './failures.ts'

/** Files that the pool keeps open: database, WAL and journals, with room to spare. */
const POOL_FILES = 6

/**
 * SQLite3MultipleCiphers on OPFS, in a dedicated worker that holds the profile's lock. The pool's directory is exclusive: a second
 * opener fails with `locked` and changes nothing (see the patch of the engine).
 * @param name of the database; one pool a name
 * @param keyHex 64 hex digits
 */
export const openBrowserDriver = async (name: string, keyHex: string): Promise<SqlDriver> => {
  const sqlite3 = await sqlite3InitModule({ print: () => undefined, printErr: () => undefined })
  let database: Database
  try {
    const pool = await sqlite3.installOpfsSAHPoolVfs({
      name: 'opfs-sahpool',
      directory: `/${name}`,
      initialCapacity: POOL_FILES,
    })
    database = new pool.OpfsSAHPoolDb(`file:/${name}.db?vfs=multipleciphers-opfs-sahpool`)
  } catch (error) {
    throw toFailure(error)
  }
  return fromDatabase(database, keyHex, (handle) => sqlite3.capi.sqlite3_last_insert_rowid(handle))
}

const fromDatabase = (
  database: Database,
  keyHex: string,
  lastInsert: (handle: Database) => number | bigint
): SqlDriver => {
  const statements = new Map<string, SqlStatement>()
  for (const pragma of openingPragmas(keyHex)) guarded(() => database.exec(pragma))
  guarded(() => database.selectValue('SELECT count(*) FROM sqlite_schema'))
  const prepare = (sql: string): SqlStatement => {
    const statement = guarded(() => database.prepare(sql))
    const rows = (values: SqlValue[], most: number): SqlRow[] =>
      guarded(() => {
        try {
          if (values.length > 0) statement.bind(values)
          const out: SqlRow[] = []
          while (out.length < most && statement.step()) out.push(statement.get({}) as SqlRow)
          return out
        } finally {
          statement.reset(true)
        }
      })
    return {
      run: (...values) => {
        rows(values, Infinity)
        return database.changes()
      },
      get: (...values) => rows(values, 1)[0],
      all: (...values) => rows(values, Infinity),
    }
  }
  return {
    exec: (sql) => guarded(() => void database.exec(sql)),
    prepare: (sql) => {
      const known = statements.get(sql) ?? prepare(sql)
      statements.set(sql, known)
      return known
    },
    lastInsertId: () => Number(lastInsert(database)),
    close: () => {
      try {
        database.close()
      } catch (error) {
        throw new StorageFailure('unavailable', error)
      }
    },
  }
}
