import type { Tx } from '../../../core/ports/storage.ts'
import type { SqlDriver } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { integer } from './columns.ts'
import { MESSAGE_COLUMNS, toMessage } from './message-row.ts'
import { clearIndex, resumeIndex, suspendIndex } from './search-index.ts'

const TABLES = ['messages', 'conversations', 'contacts', 'settings'] as const

/** All that a backup holds, read in order and cleared at once. */
export const historyRows = (driver: SqlDriver, touched: Touched): Tx['history'] => {
  return {
    messages: (after, limit) =>
      driver
        .prepare(
          `SELECT m.pk, m.unread, ${MESSAGE_COLUMNS} FROM messages m WHERE m.pk > ? ORDER BY m.pk LIMIT ?`
        )
        .all(after, limit)
        .map((row) => ({
          place: integer(row, 'pk'),
          message: toMessage(row),
          unread: integer(row, 'unread') === 1,
        })),
    markRead: ({ conversation, author, id }) => {
      touched.table('messages')
      driver
        .prepare(
          'UPDATE messages SET unread = 0 WHERE conversation = ? AND author = ? AND id = ? AND unread = 1'
        )
        .run(conversation, author, id)
    },
    importing: () => suspendIndex(driver),
    indexLater: () => resumeIndex(driver),
    clear: () => {
      touched.table('history')
      for (const table of TABLES) touched.table(table)
      clearIndex(driver)
      for (const table of TABLES) driver.prepare(`DELETE FROM ${table}`).run()
      resumeIndex(driver)
    },
  }
}
