import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Engine } from './migrations/column-types.ts'
import { initial } from './migrations/0001-initial.ts'
import { openNodeSqlite } from './node-sqlite.ts'
import type { Db, Tables } from './schema.ts'

/** Forward only; a number is never used twice. */
const MIGRATIONS: Readonly<Record<string, (db: Kysely<unknown>, engine: Engine) => Promise<void>>> = {
  '0001-initial': initial,
}

/** Opens the embedded database, creating or migrating it. Throws if that fails: the relay must not run then. */
export const openSqlite = async (path: string): Promise<Db> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // SQLite gives its log files the mode of the database.
  closeSync(openSync(path, 'a', 0o600))
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openNodeSqlite(path) }) })
  await migrate(db, 'sqlite')
  return db
}

const migrate = async (db: Db, engine: Engine): Promise<void> => {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, up]) => [name, { up: (one: Kysely<unknown>) => up(one, engine) }])
  )
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
}
