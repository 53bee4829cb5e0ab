import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Engine } from './migrations/column-types.ts'
import { initial } from './migrations/0001-initial.ts'
import { fleet } from './migrations/0002-fleet.ts'
import { blobs } from './migrations/0004-blobs.ts'
import { push } from './migrations/0005-push.ts'
import { devicesGo } from './migrations/0006-devices-go.ts'
import { sharedBodies } from './migrations/0007-shared-bodies.ts'
import type { Db } from './schema.ts'

/** Forward only; a number is never used twice. */
const MIGRATIONS: Readonly<Record<string, (db: Kysely<unknown>, engine: Engine) => Promise<void>>> = {
  '0001-initial': initial,
  '0002-fleet': fleet,
  '0004-blobs': blobs,
  '0005-push': push,
  '0006-devices-go': devicesGo,
  '0007-shared-bodies': sharedBodies,
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
