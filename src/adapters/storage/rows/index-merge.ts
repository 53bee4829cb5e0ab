import type { SqlDriver } from '../driver.ts'
import { blob, integer } from './columns.ts'

const INDEXES = ['messages_words', 'messages_parts'] as const
/** Pages of an index that are written with one commit. */
const PAGES = 32
/** So many may be struck out before the indexes are written anew, or as many as are left in them. Each step of that reads little more than it writes, then. */
const FEW_STRUCK = 10_000

/** Where the writing anew of the indexes is. */
const NOTHING_STRUCK = 0
const TO_BEGIN = 1
const BEGUN = 2

const command = (driver: SqlDriver, name: string, what: string, value: number): void =>
  // Written out: the engine for Node gives every number as one with a fraction, which is no setting.
  void driver.prepare(`INSERT INTO ${name} (${name}, rank) VALUES ('${what}', ${value})`).run()
const commandAll = (driver: SqlDriver, what: string, value: number): void => {
  for (const name of INDEXES) command(driver, name, what, value)
}

const setMerging = (driver: SqlDriver, merging: number): void =>
  void driver.prepare('UPDATE search_progress SET merging = ?, struck = 0').run(merging)
const progressOf = (driver: SqlDriver): { readonly merging: number; readonly struck: number } => {
  const row = driver.prepare('SELECT merging, struck FROM search_progress').get()
  return row
    ? { merging: integer(row, 'merging'), struck: integer(row, 'struck') }
    : { merging: NOTHING_STRUCK, struck: 0 }
}

const changesOf = (driver: SqlDriver): number =>
  Number(driver.prepare('SELECT total_changes() AS changes').get()?.['changes'])

/** How many texts the index holds: the first number of what FTS5 keeps for averages, seven bits in each byte. */
const countOf = (driver: SqlDriver): number => {
  const row = driver.prepare('SELECT block FROM messages_parts_data WHERE id = 1').get()
  let count = 0
  for (const byte of row ? blob(row, 'block') : []) {
    count = count * 128 + (byte & 127)
    if (byte < 128) return count
  }
  return 0
}

/** True while the indexes hold what is struck out. */
export const hasStruck = (driver: SqlDriver): boolean => progressOf(driver).merging !== NOTHING_STRUCK

/** True when that is to be got rid of before more is struck out. */
export const isMergeDue = (driver: SqlDriver): boolean => {
  const { merging, struck } = progressOf(driver)
  return merging === BEGUN || (struck >= FEW_STRUCK && struck >= countOf(driver))
}

/**
 * Runs `work`, whose `count` deletions in the indexes are struck out there instead of being looked up in every segment: as quick as adding. What
 * is struck out is gone when the indexes have been written anew, step by step, by `mergeSome`.
 */
export const strikeOut = (driver: SqlDriver, count: number, work: () => void): void => {
  commandAll(driver, 'secure-delete', 0)
  work()
  // What was noted is carried out now, while the setting is so.
  for (const name of INDEXES) driver.prepare(`INSERT INTO ${name} (${name}) VALUES ('flush')`).run()
  commandAll(driver, 'secure-delete', 1)
  driver.prepare('UPDATE search_progress SET merging = ?, struck = struck + ?').run(TO_BEGIN, count)
}

/** Writes some of the indexes anew, without what was struck out; false when nothing is. */
export const mergeSome = (driver: SqlDriver): boolean => {
  const { merging } = progressOf(driver)
  if (merging === NOTHING_STRUCK) return false
  if (merging === TO_BEGIN) {
    // A number below nothing: all segments become one.
    commandAll(driver, 'merge', -PAGES)
    setMerging(driver, BEGUN)
    return true
  }
  for (const name of INDEXES) {
    const before = changesOf(driver)
    command(driver, name, 'merge', PAGES)
    // Says its documentation: with fewer than two changes there was nothing to be done.
    if (changesOf(driver) - before >= 2) return true
  }
  // Of an index that has become empty nothing is to stay, not even the levels of its segments.
  if (countOf(driver) === 0) emptyIndexes(driver)
  setMerging(driver, NOTHING_STRUCK)
  return true
}

/** Takes everything out of the indexes. */
export const emptyIndexes = (driver: SqlDriver): void => {
  for (const name of INDEXES) driver.prepare(`INSERT INTO ${name} (${name}) VALUES ('delete-all')`).run()
}
