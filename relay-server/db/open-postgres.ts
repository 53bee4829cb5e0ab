import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types, type CustomTypesConfig } from 'pg'
import { migrate } from './migrate.ts'
import { preparing } from './prepared-pool.ts'
import type { Db, Tables } from './schema.ts'

const SECOND = 1000
const BIGINT = 20
const BYTEA = 17

export interface PostgresSettings {
  readonly url: string
  /** Connections of this process. */
  readonly connections: number
}

/** Values as SQLite gives them: numbers and plain bytes. Our 64-bit integers are times, sizes and counters, all below 2^53. */
const TYPES: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === BIGINT) return Number
    if (oid === BYTEA) return (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))
    return types.getTypeParser(oid, format) as (text: string) => unknown
  },
}

/** Opens a PostgreSQL database, migrating it. Throws if it cannot be reached: the relay must not run then. */
export const openPostgres = async (settings: PostgresSettings): Promise<Db> => {
  const db = connectPostgres(settings)
  try {
    await migrate(db, 'postgres')
  } catch (error) {
    await db.destroy()
    throw error
  }
  return db
}

/** Leads to a PostgreSQL database as it is, whatever its version; whether it can be reached, the first question shows. */
export const connectPostgres = ({ url, connections }: PostgresSettings): Db => {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    types: TYPES,
    // A sender that gets a clear "later" soon is better off than one that hangs.
    connectionTimeoutMillis: 3 * SECOND,
    query_timeout: 10 * SECOND,
    statement_timeout: 10 * SECOND,
    idle_in_transaction_session_timeout: 30 * SECOND,
    keepAlive: true,
  })
  // A connection that breaks leaves the pool; whoever asks next is told what is wrong. Unheard, the event would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing(pool) }) })
}
