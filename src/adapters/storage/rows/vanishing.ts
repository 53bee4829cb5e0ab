import type { MessageKey, Tx } from '../../../core/ports/storage.ts'
import type { SqlDriver } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { integer } from './columns.ts'
import { MESSAGE_COLUMNS, toMessage } from './message-row.ts'

const KEY = 'conversation = ? AND author = ? AND id = ?'
const MESSAGE = `(SELECT pk FROM messages WHERE ${KEY})`
const QUERIES = {
  put: `INSERT INTO vanishing (pk, after) VALUES (${MESSAGE}, ?)`,
  // From a moment, or from when the message was written.
  begin: `UPDATE vanishing SET at = coalesce(?, (SELECT m.at FROM messages m WHERE m.pk = vanishing.pk)) + after * 1000
    WHERE pk = ${MESSAGE} AND at IS NULL`,
  set: `UPDATE vanishing SET at = ? WHERE pk = ${MESSAGE}`,
  vanished: `SELECT ${MESSAGE_COLUMNS} FROM vanishing v CROSS JOIN messages m ON m.pk = v.pk WHERE v.at <= ? ORDER BY v.at LIMIT ?`,
  // Each of the two is one look at an end of the index.
  ends: `SELECT (SELECT min(at) FROM vanishing WHERE at IS NOT NULL) AS first,
    (SELECT max(at) FROM vanishing WHERE at IS NOT NULL) AS last`,
  again: 'UPDATE vanishing SET at = ? + after * 1000 WHERE at > ?',
} as const

/** Notes of a new message that it is to vanish, `after` seconds from when its time begins. */
export const putVanishing = (
  driver: SqlDriver,
  { conversation, author, id }: MessageKey,
  after: number
): void => void driver.prepare(QUERIES.put).run(conversation, author, id, after)

/** Has the time of a message begin when it was written, if it is to vanish and its time does not run. */
export const beginWhenWritten = (driver: SqlDriver, { conversation, author, id }: MessageKey): void =>
  void driver.prepare(QUERIES.begin).run(null, conversation, author, id)

/** @param at when a message that is to vanish goes, ms; null: its time has yet to begin */
export const setVanishing = (
  driver: SqlDriver,
  { conversation, author, id }: MessageKey,
  at: number | null
): void => void driver.prepare(QUERIES.set).run(at, conversation, author, id)

/** Messages that go by themselves. Nothing of it is shown but that they are gone, so changes of their time tell nobody of the messages. */
export const vanishingRows = (
  driver: SqlDriver,
  touched: Touched
): Pick<Tx['messages'], 'beginVanishing' | 'vanished' | 'vanishing' | 'beginAgain'> => ({
  beginVanishing: ({ conversation, author, id }: MessageKey, from) => {
    touched.table('messages')
    driver.prepare(QUERIES.begin).run(from, conversation, author, id)
  },
  vanished: (now, limit) => driver.prepare(QUERIES.vanished).all(now, limit).map(toMessage),
  vanishing: () => {
    const row = driver.prepare(QUERIES.ends).get()
    if (!row || row['first'] === null) return undefined
    return { first: integer(row, 'first'), last: integer(row, 'last') }
  },
  beginAgain: (latest, from) => {
    touched.table('messages')
    driver.prepare(QUERIES.again).run(from, latest)
  },
})
