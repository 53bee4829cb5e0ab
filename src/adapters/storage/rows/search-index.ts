import type { SearchBacklog, SearchGap, Tx } from '../../../core/ports/storage.ts'
import type { Touched } from '../changes.ts'
import type { SqlDriver, SqlRow } from '../driver.ts'
import { searchFormOf } from '../search/search-form.ts'
import { clearSome, isClearing } from './cleared.ts'
import { integer, text } from './columns.ts'
import { foldSome, isFolding, putForm } from './index-fold.ts'
import { emptyIndexes, hasStruck, isMergeDue, mergeSome, strikeOut } from './index-merge.ts'
import { within } from './within.ts'

/** Characters that are put into the index with one commit, but for a single message with more: it must not keep a new message waiting. */
const MOST_CHARACTERS = 32_768
/** So many are struck out together, which is quick for each but has the indexes written anew afterwards; fewer are taken out one by one. */
const MANY = 100
/** One of so many characters is struck out too: each three of them would be looked up. */
const LONG = 250
/** While an import runs, whatever comes counts as older. */
const END = Number.MAX_SAFE_INTEGER

/** What is kept of a changed message is in the index already, also where a new message has its number. */
const IS_MISSING = 'NOT EXISTS (SELECT 1 FROM search_changes c WHERE c.pk = messages_searched.pk)'

export const INDEX_QUERIES = {
  progress: 'SELECT down_to, up_to FROM search_progress',
  newer: 'SELECT pk, length(text) AS size FROM messages WHERE pk >= ? ORDER BY pk LIMIT ?',
  older: 'SELECT pk, text, spaced, length(text) AS size FROM messages WHERE pk < ? ORDER BY pk DESC LIMIT ?',
  changed: 'SELECT * FROM search_changes ORDER BY pk LIMIT ?',
  // Also where a new message has the number of one that went. One that was deleted brings in nothing.
  edited: `SELECT * FROM search_changes
    WHERE EXISTS (SELECT 1 FROM messages m WHERE m.pk = search_changes.pk AND m.kind = 'text') LIMIT ?`,
  dropWords: "INSERT INTO messages_words (messages_words, rowid, words, scope) VALUES ('delete', ?, ?, ?)",
  wordsDropped: "UPDATE search_changes SET words = '', scope = '' WHERE pk = ?",
  dropParts: "INSERT INTO messages_parts (messages_parts, rowid, text) VALUES ('delete', ?, ?)",
  // Not with one statement: before one that may put in many, FTS5 writes a segment of what was noted so far.
  now: 'SELECT words, scope, text FROM messages_searched WHERE pk = ?',
  putWords: 'INSERT INTO messages_words (rowid, words, scope) VALUES (?, ?, ?)',
  putParts: 'INSERT INTO messages_parts (rowid, text) VALUES (?, ?)',
  addWords: `INSERT INTO messages_words (rowid, words, scope)
    SELECT pk, words, scope FROM messages_searched WHERE pk BETWEEN ? AND ? AND ${IS_MISSING}`,
  addParts: `INSERT INTO messages_parts (rowid, text)
    SELECT pk, text FROM messages_searched WHERE pk BETWEEN ? AND ? AND ${IS_MISSING}`,
} as const

/** The index holds the texts from `downTo` on and below `upTo`, by their row's number; of those in `search_changes`, what is kept there. */
interface Progress {
  readonly downTo: number
  readonly upTo: number
}

const progressOf = (driver: SqlDriver): Progress => {
  const row = driver.prepare(INDEX_QUERIES.progress).get()
  return row ? { downTo: integer(row, 'down_to'), upTo: integer(row, 'up_to') } : { downTo: 0, upTo: 0 }
}

/** Messages that came since, or edited ones, are not in it as they are. */
const lacksOf = (driver: SqlDriver): SearchGap => {
  const { downTo, upTo } = progressOf(driver)
  if (driver.prepare(INDEX_QUERIES.edited).get(1) || driver.prepare(INDEX_QUERIES.newer).get(upTo, 1))
    return 'new'
  // Of an import nothing, before it is over: what came after a step would count as indexed.
  return isFolding(driver) || (downTo > 0 && downTo < END) ? 'older' : 'none'
}

/** What the index lacks, or holds too much. */
const backlogOf = (driver: SqlDriver): SearchBacklog => {
  if (driver.prepare(INDEX_QUERIES.changed).get(1) || isClearing(driver) || isMergeDue(driver))
    return 'changed'
  return hasStruck(driver) && !isFolding(driver) ? 'struck' : lacksOf(driver)
}

/** The work that keeps the index in step. */
export const searchIndex = (driver: SqlDriver, touched: Touched): Tx['search'] => ({
  waiting: () => backlogOf(driver),
  lacks: () => lacksOf(driver),
  index: (most) => {
    touched.writing()
    const changed = driver.prepare(INDEX_QUERIES.changed).all(MANY)
    if (isMergeDue(driver)) mergeSome(driver)
    else if (!takeOutSome(driver, changed) && !clearSome(driver) && (isFolding(driver) || !mergeSome(driver)))
      return indexSome(driver, most)
    touched.erased()
  },
  catchUp: (most) => {
    touched.writing()
    if (!takeOutSome(driver, driver.prepare(INDEX_QUERIES.edited).all(MANY))) return indexSome(driver, most)
    touched.erased()
  },
})

const indexSome = (driver: SqlDriver, most: number): void => {
  const { downTo, upTo } = progressOf(driver)
  const newer = within(driver.prepare(INDEX_QUERIES.newer).all(upTo, most), MOST_CHARACTERS)
  const last = newer.at(-1)
  if (!last) {
    if (!foldSome(driver)) indexOlder(driver, downTo, most)
    return
  }
  const end = integer(last, 'pk') + 1
  driver.prepare('UPDATE search_progress SET up_to = ?').run(end)
  add(driver, upTo, end - 1)
}

const isLong = (row: SqlRow): boolean => text(row, 'text').length > LONG

/** Takes out what messages were, up to MANY: all are struck out, or a little of the first is looked up. False when there are none. */
const takeOutSome = (driver: SqlDriver, changed: readonly SqlRow[]): boolean => {
  const [first] = changed
  if (!first) return false
  // No looking up while any is struck out: what is struck out is still there, under the same numbers. Nor while many may follow.
  if (changed.length === MANY || isLong(first) || hasStruck(driver) || isFolding(driver))
    strikeOut(driver, changed.length, () => changed.forEach((row) => replace(driver, row)))
  else takeOut(driver, first)
  return true
}

/** Takes out what a message was, at once and for good: looked up in every segment of the indexes, so the one goes by itself and then the other. */
const takeOut = (driver: SqlDriver, row: SqlRow): void => {
  if (!hasWords(row)) return replace(driver, row)
  dropWords(driver, row)
  driver.prepare(INDEX_QUERIES.wordsDropped).run(integer(row, 'pk'))
}

/** What the message is now takes the place of what it was, if it is still there. */
const replace = (driver: SqlDriver, row: SqlRow): void => {
  const pk = integer(row, 'pk')
  if (hasWords(row)) dropWords(driver, row)
  driver.prepare(INDEX_QUERIES.dropParts).run(pk, text(row, 'text'))
  driver.prepare('DELETE FROM search_changes WHERE pk = ?').run(pk)
  const now = driver.prepare(INDEX_QUERIES.now).get(pk)
  if (!now) return
  driver.prepare(INDEX_QUERIES.putWords).run(pk, text(now, 'words'), text(now, 'scope'))
  driver.prepare(INDEX_QUERIES.putParts).run(pk, text(now, 'text'))
}

/** Without them, the index of words has let go of it already. */
const hasWords = (row: SqlRow): boolean => text(row, 'scope') !== ''
const dropWords = (driver: SqlDriver, row: SqlRow): void =>
  void driver.prepare(INDEX_QUERIES.dropWords).run(integer(row, 'pk'), text(row, 'words'), text(row, 'scope'))

const indexOlder = (driver: SqlDriver, downTo: number, most: number): void => {
  const rows = driver.prepare(INDEX_QUERIES.older).all(downTo, most)
  const older = within(rows, MOST_CHARACTERS)
  const oldest = older.at(-1)
  const isAll = older.length < most && older.length === rows.length
  driver.prepare('UPDATE search_progress SET down_to = ?').run(isAll || !oldest ? 0 : integer(oldest, 'pk'))
  if (!oldest) return
  // Written by an earlier version, or copied from its file.
  for (const row of older) putForm(driver, row, searchFormOf(text(row, 'text')))
  add(driver, integer(oldest, 'pk'), downTo - 1)
}

const add = (driver: SqlDriver, from: number, to: number): void => {
  driver.prepare(INDEX_QUERIES.addWords).run(from, to)
  driver.prepare(INDEX_QUERIES.addParts).run(from, to)
}

const setProgress = (driver: SqlDriver, at: number): void =>
  void driver
    .prepare('UPDATE search_progress SET down_to = ?, up_to = ?, merging = 0, struck = 0, folded_from = 0')
    .run(at, at)

/** Empties the index. From now on all that comes or goes is older. */
export const clearIndex = (driver: SqlDriver): void => {
  // Whole: message by message it would take long.
  emptyIndexes(driver)
  driver.prepare('DELETE FROM search_changes').run()
  suspendIndex(driver)
}

/** From now on all that comes is older. Of an index that is empty. */
export const suspendIndex = (driver: SqlDriver): void => setProgress(driver, END)

/** What came since then stays older, what comes now is new. */
export const resumeIndex = (driver: SqlDriver): void => {
  // Where some of it was put into the index meanwhile, new and old are told apart already.
  if (progressOf(driver).downTo !== END) return
  const row = driver.prepare('SELECT max(pk) AS last FROM messages').get()
  setProgress(driver, typeof row?.['last'] === 'number' ? row['last'] + 1 : 0)
}
