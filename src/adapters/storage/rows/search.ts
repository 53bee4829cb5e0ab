import type { SearchPlace, SearchQuery, Store } from '../../../core/ports/storage.ts'
import type { Message } from '../../../core/domain/message.ts'
import type { SqlDriver, SqlValue } from '../driver.ts'
import { foldOf } from '../../../lib/fold.ts'
import { createMatcher, type Matcher } from '../search/highlight.ts'
import { partsMatch, termsOf, wordsMatch, type Term } from '../search/terms.ts'
import { IS_CLEARED } from './cleared.ts'
import { integer } from './columns.ts'
import { MESSAGE_COLUMNS, toMessage } from './message-row.ts'

/** Candidates that are looked at in one go; the rest is for the next page. */
const MOST_LOOKED_AT = 2_000
const BATCH = 250
/** The 30 days a message was written in are words of the index; more of them than this are not listed. */
const MONTH = 2_592_000_000
const MOST_MONTHS = 130

/** What was changed or deleted a moment ago is in the index as it was. */
const CURRENT = `NOT EXISTS (SELECT 1 FROM search_changes c WHERE c.pk = m.pk) AND NOT ${IS_CLEARED}`
const NARROWED = `${CURRENT} AND m.conversation = coalesce(?, m.conversation) AND m.author = coalesce(?, m.author) AND m.at >= ? AND m.at < ?`
export const SEARCH_QUERIES = {
  words: `SELECT m.pk, ${MESSAGE_COLUMNS} FROM messages_words JOIN messages m ON m.pk = messages_words.rowid
    WHERE messages_words MATCH ? AND messages_words.rowid < ? AND ${NARROWED} ORDER BY messages_words.rowid DESC LIMIT ?`,
  parts: `SELECT m.pk, ${MESSAGE_COLUMNS} FROM messages_parts JOIN messages m ON m.pk = messages_parts.rowid
    WHERE messages_parts MATCH ? AND messages_parts.rowid < ? AND ${NARROWED} ORDER BY messages_parts.rowid DESC LIMIT ?`,
} as const
const END = Number.MAX_SAFE_INTEGER

const scopesOf = ({ conversation, author, from, until }: SearchQuery): readonly (readonly string[])[] => {
  const scopes: string[][] = []
  if (conversation !== null) scopes.push([`c${conversation.replaceAll('-', '')}`])
  if (author !== null) scopes.push([`a${author.replaceAll('-', '')}`])
  const first = Math.floor((from ?? 0) / MONTH)
  const count = Math.floor((until ?? END) / MONTH) - first + 1
  if (count > 0 && count <= MOST_MONTHS) scopes.push(Array.from({ length: count }, (_, n) => `m${first + n}`))
  return scopes
}

interface Wanted {
  readonly terms: readonly Term[]
  readonly matcher: Matcher
}
interface Found {
  readonly pk: number
  readonly message: Message
}

/** Search over all messages that are in the index. */
export const searchRows = (driver: SqlDriver): Pick<Store, 'search'> => {
  const look = (
    sql: string,
    match: string,
    before: number,
    query: SearchQuery,
    most: number
  ): readonly Found[] => {
    const narrowed: readonly SqlValue[] = [
      query.conversation,
      query.author,
      query.from ?? 0,
      query.until ?? END,
    ]
    return driver
      .prepare(sql)
      .all(match, before, ...narrowed, most)
      .map((row) => ({ pk: integer(row, 'pk'), message: toMessage(row) }))
  }

  /** Messages that hold the terms, but not at the beginning of words. */
  const inside = ({ terms, matcher }: Wanted, query: SearchQuery, before: number, limit: number) => {
    const match = partsMatch(terms)
    const found: Found[] = []
    let at = before
    for (let looked = 0; match !== '' && looked < MOST_LOOKED_AT; looked += BATCH) {
      const rows = look(SEARCH_QUERIES.parts, match, at, query, BATCH)
      for (const row of rows) {
        at = row.pk
        const folded = foldOf(row.message.text)
        if (matcher.matchesParts(folded) && !matcher.matchesWords(folded)) found.push(row)
        if (found.length === limit) return { found, next: at }
      }
      if (rows.length < BATCH) return { found, next: null }
    }
    return { found, next: match === '' ? null : at }
  }

  return {
    search: (query, place, limit) => {
      const terms = termsOf(query.text)
      if (terms.length === 0) return { hits: [], next: null }
      const matcher = createMatcher(terms)
      const shown = (found: readonly Found[]) =>
        found.map(({ message }) => ({ message, excerpt: matcher.highlighted(message.text) }))
      const words =
        place?.among === 'parts'
          ? []
          : look(SEARCH_QUERIES.words, wordsMatch(terms, scopesOf(query)), place?.before ?? END, query, limit)
      const last = words.at(-1)
      if (words.length === limit && last)
        return { hits: shown(words), next: { among: 'words', before: last.pk } }
      const before = place?.among === 'parts' ? place.before : END
      const { found, next } = inside({ terms, matcher }, query, before, limit - words.length)
      const nextPlace: SearchPlace | null = next === null ? null : { among: 'parts', before: next }
      return { hits: shown([...words, ...found]), next: nextPlace }
    },
  }
}
