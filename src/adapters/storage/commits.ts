import { OLDER_COPY } from '../../core/ports/storage.ts'
import { transact, type SqlDriver } from './driver.ts'

/** A number that is kept apart from the database, by other means. */
export interface CommitMark {
  /** Null when there is none, or when it cannot be read. */
  read(): number | null
  /** Puts it there at once, though not yet for a power failure. Never throws. */
  write(count: number): void
  close(): void
}

/** Counts transactions, in the database and apart from it. */
export interface CommitCounter {
  /** Reported commits that the file no longer holds, since the last `acknowledge`. */
  missing(): number
  acknowledge(): void
  /** Counts the transaction that is open. */
  count(): void
  /** Its commit is done. */
  done(): void
  close(): void
}

/** The engine's own table, whatever the version of the schema. */
const TABLE = `CREATE TABLE IF NOT EXISTS commits (
  one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, missing INTEGER NOT NULL
) STRICT`

const numberOf = (driver: SqlDriver, column: 'count' | 'missing'): number =>
  Number(driver.prepare(`SELECT ${column} FROM commits WHERE one = 1`).get()?.[column] ?? 0)

/** Transactions that a database holds. */
export const countOf = (driver: SqlDriver): number => numberOf(driver, 'count')

/** Commits are gone, and with them the newest state of the sessions: the account's device may not go on as the one it was. */
export const noteMissing = (driver: SqlDriver, commits: number): void => {
  driver
    .prepare('UPDATE commits SET count = count + ?, missing = missing + ? WHERE one = 1')
    .run(commits, commits)
  noteOlderCopy(driver)
}

/** Says to the core that the device, if there is one, is an older copy. */
export const noteOlderCopy = (driver: SqlDriver): void =>
  void driver
    .prepare("INSERT OR REPLACE INTO settings (key, value) SELECT ?, 'yes' FROM own_account")
    .run(OLDER_COPY)

/**
 * Begins to count. SQLite takes a damaged frame of its log for the log's end, so commits behind it would vanish without a word: the
 * database then counts fewer than the mark. The mark is written after the commit and is never ahead of it.
 */
export const createCommitCounter = (driver: SqlDriver, mark?: CommitMark): CommitCounter => {
  driver.exec(TABLE)
  driver.exec('INSERT OR IGNORE INTO commits (one, count, missing) VALUES (1, 0, 0)')
  let count = countOf(driver)
  const behind = (mark?.read() ?? count) - count
  if (behind > 0) {
    transact(driver, () => noteMissing(driver, behind))
    count += behind
  }
  mark?.write(count)
  return {
    missing: () => numberOf(driver, 'missing'),
    acknowledge: () => void driver.prepare('UPDATE commits SET missing = 0 WHERE one = 1').run(),
    count: () => void driver.prepare('UPDATE commits SET count = ? WHERE one = 1').run(count + 1),
    done: () => {
      count += 1
      mark?.write(count)
    },
    close: () => mark?.close(),
  }
}
