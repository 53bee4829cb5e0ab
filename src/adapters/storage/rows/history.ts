import type { Tx } from '../../../core/ports/storage.ts'
import type { AccountId, MessageId } from '../../../protocol/ids.ts'
import type { SqlDriver } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { IS_CLEARED } from './cleared.ts'
import { integer, integerOrNull, text } from './columns.ts'
import { toEdit } from './edits.ts'
import { MESSAGE_COLUMNS, toMessage } from './message-row.ts'
import { clearIndex, resumeIndex, suspendIndex } from './search-index.ts'
import { setVanishing } from './vanishing.ts'

const TABLES = ['messages', 'conversations', 'contacts', 'settings'] as const

/** All that a backup holds, read in order and cleared at once. */
export const historyRows = (driver: SqlDriver, touched: Touched): Tx['history'] => {
  return {
    messages: (after, limit) =>
      driver
        .prepare(
          `SELECT m.pk, m.unread, m.edited_physical, m.edited_logical, v.at AS vanish_at, ${MESSAGE_COLUMNS} FROM messages m LEFT JOIN vanishing v ON v.pk = m.pk WHERE m.pk > ? AND NOT ${IS_CLEARED} ORDER BY m.pk LIMIT ?`
        )
        .all(after, limit)
        .map((row) => ({
          place: integer(row, 'pk'),
          message: toMessage(row),
          unread: integer(row, 'unread') === 1,
          editClock:
            row['edited_physical'] === null
              ? null
              : { physical: integer(row, 'edited_physical'), logical: integer(row, 'edited_logical') },
          vanishAt: integerOrNull(row, 'vanish_at'),
        })),
    edits: (conversation) =>
      driver
        .prepare('SELECT * FROM early_edits WHERE conversation = ?')
        .all(conversation)
        .map((row) => ({
          author: text(row, 'author') as AccountId,
          id: text(row, 'message') as MessageId,
          ...toEdit(row),
        })),
    markRead: ({ conversation, author, id }) => {
      touched.table('messages')
      driver
        .prepare(
          'UPDATE messages SET unread = 0 WHERE conversation = ? AND author = ? AND id = ? AND unread = 1'
        )
        .run(conversation, author, id)
    },
    setEditClock: ({ conversation, author, id }, { physical, logical }) => {
      touched.table('messages')
      driver
        .prepare(
          'UPDATE messages SET edited_physical = ?, edited_logical = ? WHERE conversation = ? AND author = ? AND id = ?'
        )
        .run(physical, logical, conversation, author, id)
    },
    setVanishAt: (key, at) => {
      touched.table('messages')
      setVanishing(driver, key, at)
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
