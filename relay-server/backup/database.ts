import { existsSync } from 'node:fs'
import type { RelayConfig } from '../config.ts'
import { versionOf, type Version } from '../db/migrate.ts'
import { connectPostgres, openPostgres } from '../db/open-postgres.ts'
import { connectSqlite, openSqlite } from '../db/open-sqlite.ts'
import type { Db } from '../db/schema.ts'

export type Place = Pick<RelayConfig, 'dataDir' | 'databaseUrl'>

/** Connections of one command. */
const CONNECTIONS = 2
const REFUSALS: Readonly<Record<Exclude<Version, 'same'>, string>> = {
  empty: 'the database holds no tables of a relay',
  older:
    'the database is of an older version: make a backup with the version of the relay that made it; starting this version once brings it up to date, for good',
  unknown: 'the database is of another version: use the version of the relay that made it',
}

/** Opens an embedded database that is there, as it is; throws when it is not there or of another version. */
export const openExisting = (file: string): Promise<Db> => {
  mustBeThere(file)
  return ofThisVersion(connectSqlite(file))
}

/** Opens a copy of an embedded database, bringing it up to date; throws when it is not there or newer than this program. */
export const openCopy = (file: string): Promise<Db> => {
  mustBeThere(file)
  return openSqlite(file)
}

/** Opens a PostgreSQL that holds a relay's data, as it is; throws when it holds none, or of another version. */
export const openServer = (url: string): Promise<Db> =>
  ofThisVersion(connectPostgres({ url, connections: CONNECTIONS }))

/** Opens the PostgreSQL that is to be filled, making the tables of an empty one; throws when there are some of another version. */
export const openTarget = async (url: string): Promise<Db> => {
  const settings = { url, connections: CONNECTIONS }
  await (await ofThisVersion(connectPostgres(settings), true)).destroy()
  return openPostgres(settings)
}

/** Opening an embedded database would make an empty one. */
const mustBeThere = (file: string): void => {
  if (!existsSync(file)) throw new Error(`there is no database at ${file}`)
}

const ofThisVersion = async (db: Db, mayBeEmpty = false): Promise<Db> => {
  const version = await versionOf(db).catch(async (error: unknown) => {
    await db.destroy()
    throw error
  })
  if (version === 'same' || (version === 'empty' && mayBeEmpty)) return db
  await db.destroy()
  throw new Error(REFUSALS[version])
}

/** Does something with a database and closes it. */
export const withDb = async <T>(opening: Promise<Db>, work: (db: Db) => Promise<T>): Promise<T> => {
  const db = await opening
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}
