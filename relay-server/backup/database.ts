import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RelayConfig } from '../config.ts'
import { openPostgres } from '../db/open-postgres.ts'
import { openSqlite } from '../db/open-sqlite.ts'
import type { Db } from '../db/schema.ts'

export type Place = Pick<RelayConfig, 'dataDir' | 'databaseUrl'>

/** The file of the embedded database. */
export const sqliteFile = (folder: string): string => join(folder, 'relay.sqlite')

/** Opens an embedded database that is there; throws when it is not, where opening would make an empty one. */
export const openExisting = (file: string): Promise<Db> => {
  if (!existsSync(file)) throw new Error(`there is no database at ${file}`)
  return openSqlite(file)
}

/** Opens PostgreSQL for one command. */
export const openServer = (url: string): Promise<Db> => openPostgres({ url, connections: 2 })

/** Does something with a database and closes it. */
export const withDb = async <T>(opening: Promise<Db>, work: (db: Db) => Promise<T>): Promise<T> => {
  const db = await opening
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}
