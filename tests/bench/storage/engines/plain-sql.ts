/** The app's statements as an engine without our repositories runs them. */
import { MESSAGE_QUERIES } from '../../../../src/adapters/storage/rows/messages.ts'
import { SEARCH_QUERIES } from '../../../../src/adapters/storage/rows/search.ts'
import { partsMatch, termsOf, wordsMatch } from '../../../../src/adapters/storage/search/terms.ts'
import type { SqlValue } from '../../../../src/adapters/storage/driver.ts'
import { message } from '../../../contract/storage/samples.ts'
import { FIRST, textOf } from '../texts.ts'
import type { Opened } from './engine.ts'

const COLUMNS =
  'conversation, author, id, clock_physical, clock_logical, kind, text, state, fail_reason, at, own'
const VALUES = '?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?'
export const INSERT = `INSERT INTO messages (${COLUMNS}) VALUES (${VALUES})`
/** In the app's schema, as the app does it: unread, and counted by a trigger. */
const INSERT_UNREAD = `INSERT INTO messages (${COLUMNS}, unread) VALUES (${VALUES}, 1)`

/** Values of both for message `n`. */
export const insertValues = (n: number): SqlValue[] => {
  const { conversation, author, id, clock, kind, text, state, at } = message(n, {
    conversation: FIRST,
    text: textOf(n),
  })
  return [conversation, author, id, clock.physical, clock.logical, kind, text, state, null, at, 0]
}

type Rows = (sql: string, values: readonly SqlValue[]) => Promise<number>

/** Queries and inserts over anything that runs a statement and answers how many rows there were. */
export const plainSql = (rows: Rows): Omit<Opened, 'memory' | 'close'> => {
  const narrowed = [null, null, 0, Number.MAX_SAFE_INTEGER]
  const search = (sql: string, match: string, limit: number) =>
    rows(sql, [match, Number.MAX_SAFE_INTEGER, ...narrowed, limit])
  return {
    last: (conversation, limit) => rows(MESSAGE_QUERIES.newest, [conversation, limit]),
    word: (word, limit) => search(SEARCH_QUERIES.words, wordsMatch(termsOf(`"${word}"`), []), limit),
    prefix: (prefix, limit) => search(SEARCH_QUERIES.words, wordsMatch(termsOf(prefix), []), limit),
    part: (part, limit) => search(SEARCH_QUERIES.parts, partsMatch(termsOf(part)), limit),
    insert: async (n) => {
      await rows('BEGIN IMMEDIATE', [])
      await rows(INSERT_UNREAD, insertValues(n))
      await rows('COMMIT', [])
    },
  }
}
