import type { SqlDriver, SqlRow } from '../driver.ts'
import { searchFormOf } from '../search/search-form.ts'
import { integer, text, textOrNull } from './columns.ts'
import { within } from './within.ts'

/** Rows that are looked at with one commit, and their characters: a few milliseconds' reading. */
const ROWS = 500
const MOST_CHARACTERS = 65_536

export const FOLD_QUERIES = {
  from: 'SELECT folded_from, down_to FROM search_progress',
  rows: `SELECT pk, text, spaced, length(text) AS size FROM messages WHERE pk < ? AND pk >= ? ORDER BY pk DESC LIMIT ${ROWS}`,
  // As it is in the indexes, if it is: it is taken out and put in as it becomes.
  note: 'INSERT OR IGNORE INTO search_changes SELECT pk, words, scope, text FROM messages_searched WHERE pk = ?',
  put: 'UPDATE messages SET spaced = ? WHERE pk = ?',
} as const

const fromOf = (driver: SqlDriver): { readonly from: number; readonly downTo: number } => {
  const row = driver.prepare(FOLD_QUERIES.from).get()
  return row ? { from: integer(row, 'folded_from'), downTo: integer(row, 'down_to') } : { from: 0, downTo: 0 }
}

/** True while messages that are in the indexes as an earlier version wrote them may have to be folded otherwise. */
export const isFolding = (driver: SqlDriver): boolean => fromOf(driver).from > 0

/** Looks at some of them; false when all have been. Those not in the indexes yet get their form when they come in. */
export const foldSome = (driver: SqlDriver): boolean => {
  const { from, downTo } = fromOf(driver)
  if (from === 0) return false
  const all = driver.prepare(FOLD_QUERIES.rows).all(from, downTo)
  const rows = within(all, MOST_CHARACTERS)
  for (const row of rows) {
    const form = searchFormOf(text(row, 'text'))
    if (form === null && row['spaced'] === null) continue
    driver.prepare(FOLD_QUERIES.note).run(integer(row, 'pk'))
    putForm(driver, row, form)
  }
  const last = rows.at(-1)
  const isAll = all.length < ROWS && rows.length === all.length
  driver.prepare('UPDATE search_progress SET folded_from = ?').run(isAll || !last ? 0 : integer(last, 'pk'))
  return true
}

/** Gives a message its form, where it has none or that of an earlier version. Of one that is not in the indexes, or is noted. */
export const putForm = (driver: SqlDriver, row: SqlRow, form: string | null): void => {
  if (form !== textOrNull(row, 'spaced')) driver.prepare(FOLD_QUERIES.put).run(form, integer(row, 'pk'))
}
