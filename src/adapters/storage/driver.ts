/** A value that SQLite stores. Integers are safe JavaScript numbers here; times and counters fit. */
export type SqlValue = string | number | Uint8Array | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** A prepared statement, reused. Parameters are positional. */
export interface SqlStatement {
  /** Returns the number of changed rows. */
  run(...values: SqlValue[]): number
  get(...values: SqlValue[]): SqlRow | undefined
  all(...values: SqlValue[]): readonly SqlRow[]
}

/**
 * The database engine, synchronous. Every implementation passes `tests/contract/storage/driver-suite.ts`. Errors of the engine are
 * thrown as `StorageFailure`.
 */
export interface SqlDriver {
  /** Runs statements that give no rows. */
  exec(sql: string): void
  /** Prepares (once per text) a statement. */
  prepare(sql: string): SqlStatement
  /** Row id of the last insert. */
  lastInsertId(): number
  close(): void
}

/**
 * What a connection to a file begins with: the key, since nothing can be read before it (SQLite3MultipleCiphers), then exclusive
 * locking, without which WAL needs shared memory that browsers do not have.
 * @param keyHex 64 hex digits
 * @param saltHex 32 hex digits, of a new file; random unless told
 */
export const filePragmas = (keyHex: string, saltHex?: string): readonly string[] => [
  `PRAGMA cipher='chacha20'`,
  ...(saltHex === undefined ? [] : [`PRAGMA cipher_salt='${saltHex}'`]),
  `PRAGMA hexkey='${keyHex}'`,
  'PRAGMA locking_mode=EXCLUSIVE',
  'PRAGMA page_size=4096',
  'PRAGMA journal_mode=WAL',
]

/** Settings of every connection. */
export const COMMON_PRAGMAS: readonly string[] = [
  // FULL: a commit is on the disk before it is reported.
  'PRAGMA synchronous=FULL',
  'PRAGMA foreign_keys=ON',
  'PRAGMA secure_delete=ON',
  'PRAGMA temp_store=MEMORY',
  'PRAGMA cache_size=-16384',
]

/** Runs `work` in a transaction: all of it, durably, or, when it throws, nothing. Not to be nested. */
export const transact = <T>(driver: SqlDriver, work: () => T): T => {
  driver.prepare('BEGIN IMMEDIATE').run()
  try {
    const result = work()
    if (result instanceof Promise) throw new TypeError('a transaction cannot wait')
    driver.prepare('COMMIT').run()
    return result
  } catch (error) {
    try {
      driver.prepare('ROLLBACK').run()
    } catch {
      // Some failures (a full disk) end the transaction by themselves; the first error is the one to tell.
    }
    throw error
  }
}
