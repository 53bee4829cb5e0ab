import { sql } from 'kysely'
import { isPostgresLost } from './postgres-lost.ts'
import type { Db, Tx } from './schema.ts'
import type { Writer } from './writer.ts'

/** Deadlock and serialization failure: the transaction was undone and may be tried again. */
const RETRIABLE = new Set(['40P01', '40001'])
const TRIES = 4
/** Each statement is a way to the server and back. */
const ROWS = 64

/** A transaction for each write, on a connection of the pool: for PostgreSQL, which groups flushes by itself. */
export const createTransactionWriter = (db: Db): Writer => {
  const open = new Set<Promise<unknown>>()

  const attempt = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await db.transaction().execute(work)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        if (!RETRIABLE.has(code) || tries === TRIES) throw error
      }
    }
  }

  return {
    engine: 'postgres',
    rowsAtOnce: ROWS,
    write: (work) => {
      const done = attempt(work)
      open.add(done)
      const forget = (): void => void open.delete(done)
      done.then(forget, forget)
      return done
    },
    lock: async (tx, name) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
    },
    isLost: isPostgresLost,
    idle: async () => {
      while (open.size > 0) await Promise.allSettled(open)
    },
  }
}
