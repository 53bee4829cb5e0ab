import type { MessageKey, Tx } from '../../../core/ports/storage.ts'
import type { SqlDriver } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { integer } from './columns.ts'
import { MESSAGE_COLUMNS, toMessage } from './message-row.ts'

const KEY = 'conversation = ? AND author = ? AND id = ?'
const QUERIES = {
  begin: `UPDATE messages SET vanish_at = ? + vanish_after * 1000
    WHERE ${KEY} AND vanish_at IS NULL AND vanish_after IS NOT NULL`,
  vanished: `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.vanish_at <= ? ORDER BY m.vanish_at LIMIT ?`,
  // Each of the two is one look at an end of the index.
  ends: `SELECT (SELECT min(vanish_at) FROM messages WHERE vanish_at IS NOT NULL) AS first,
    (SELECT max(vanish_at) FROM messages WHERE vanish_at IS NOT NULL) AS last`,
  again: 'UPDATE messages SET vanish_at = ? + vanish_after * 1000 WHERE vanish_at > ?',
} as const

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
