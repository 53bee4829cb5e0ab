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

/** Settings of every connection; the key comes first, since nothing can be read before it (platform: SQLite3MultipleCiphers). */
export const openingPragmas = (keyHex: string): readonly string[] => [
  `PRAGMA cipher='chacha20'`,
  `PRAGMA hexkey='${keyHex}'`,
  'PRAGMA locking_mode=EXCLUSIVE',
  'PRAGMA journal_mode=WAL',
  // FULL: a commit is on the disk before it is reported.
  'PRAGMA synchronous=FULL',
  'PRAGMA foreign_keys=ON',
  'PRAGMA secure_delete=ON',
  'PRAGMA temp_store=MEMORY',
  'PRAGMA cache_size=-16384',
]
