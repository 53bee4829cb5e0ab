import { sql, type Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import type { Engine } from './migrations/column-types.ts'
import { initial } from './migrations/0001-initial.ts'
import { fleet } from './migrations/0002-fleet.ts'
import { blobs } from './migrations/0004-blobs.ts'
import { push } from './migrations/0005-push.ts'
import { devicesGo } from './migrations/0006-devices-go.ts'
import { sharedBodies } from './migrations/0007-shared-bodies.ts'
import { newestPreKeys } from './migrations/0008-newest-prekeys.ts'
import type { Db } from './schema.ts'

/** Forward only; a number is never used twice. */
const MIGRATIONS: Readonly<Record<string, (db: Kysely<unknown>, engine: Engine) => Promise<void>>> = {
  '0001-initial': initial,
  '0002-fleet': fleet,
  '0004-blobs': blobs,
  '0005-push': push,
  '0006-devices-go': devicesGo,
  '0007-shared-bodies': sharedBodies,
  '0008-newest-prekeys': newestPreKeys,
}

/** Brings a database up to date. Relays that start together over one PostgreSQL wait for each other. Throws when that fails. */
export const migrate = async (db: Db, engine: Engine): Promise<void> => {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, up]) => [name, { up: (one: Kysely<unknown>) => up(one, engine) }])
  )
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
}

/** How a database's tables stand to those of this program; `unknown`: made by a version that it does not know, newer ones above all. */
export type Version = 'empty' | 'same' | 'older' | 'unknown'

/** Tells the version of a database and changes nothing. */
export const versionOf = async (db: Db): Promise<Version> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return 'empty'
  const { rows } = await sql<{
    name: string
  }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db)
  if (rows.length === 0) return 'empty'
  if (rows.some(({ name }) => !(name in MIGRATIONS))) return 'unknown'
  return rows.length === Object.keys(MIGRATIONS).length ? 'same' : 'older'
}
