import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, SqliteDialect } from 'kysely'
import { migrate } from './migrate.ts'
import { openNodeSqlite } from './node-sqlite.ts'
import type { Db, Tables } from './schema.ts'

/** Opens the embedded database, creating or migrating it. Throws if that fails: the relay must not run then. */
export const openSqlite = async (path: string): Promise<Db> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // SQLite gives its log files the mode of the database.
  closeSync(openSync(path, 'a', 0o600))
  const db = connectSqlite(path)
  await migrate(db, 'sqlite')
  return db
}

/** Opens the embedded database as it is, whatever its version. */
export const connectSqlite = (path: string): Db =>
  new Kysely<Tables>({ dialect: new SqliteDialect({ database: openNodeSqlite(path) }) })
