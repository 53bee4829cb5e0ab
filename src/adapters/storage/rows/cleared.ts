import type { ConversationId } from '../../../protocol/ids.ts'
import type { SqlDriver } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { integer, text } from './columns.ts'

/** Rows of cleared messages that go with one commit: a few milliseconds' work. */
const ROWS = 200

export const CLEAR_QUERIES = {
  // Every row that is there now; a new one gets a higher number.
  mark: `INSERT INTO cleared (conversation, up_to)
    SELECT id, coalesce((SELECT max(pk) FROM messages), 0) FROM conversations WHERE id = ?
    ON CONFLICT (conversation) DO UPDATE SET up_to = excluded.up_to`,
  edits: 'DELETE FROM early_edits WHERE conversation = ? AND message <= coalesce(?, message)',
  upTo: 'SELECT up_to FROM cleared WHERE conversation = ?',
  next: 'SELECT conversation, up_to FROM cleared LIMIT 1',
  rows: `DELETE FROM messages WHERE pk IN
    (SELECT pk FROM messages INDEXED BY messages_order WHERE conversation = ? AND pk <= ? LIMIT ?)`,
  done: 'DELETE FROM cleared WHERE conversation = ?',
} as const

/** True of a row of messages (named m) that was cleared and is still there. */
export const IS_CLEARED =
  'EXISTS (SELECT 1 FROM cleared x WHERE x.conversation = m.conversation AND x.up_to >= m.pk)'

/** The number of a new row, where the database's own choice might be one that was cleared; else null. */
export const NEW_PK =
  '(SELECT max(up_to) + 1 FROM cleared WHERE up_to >= coalesce((SELECT max(pk) FROM messages), 0))'

/** Up to which row the messages of a conversation are gone, while any of those rows is still there. */
export const clearedUpTo = (driver: SqlDriver, conversation: ConversationId): number | undefined => {
  const row = driver.prepare(CLEAR_QUERIES.upTo).get(conversation)
  return row && integer(row, 'up_to')
}

/** Decides that all messages of a conversation are gone. That costs the same for one as for a million. */
export const markCleared = (
  driver: SqlDriver,
  touched: Touched,
  conversation: ConversationId,
  last: string | null
): void => {
  touched.table('messages')
  touched.conversation(conversation)
  touched.cleared(conversation)
  touched.erased()
  driver.prepare(CLEAR_QUERIES.edits).run(conversation, last)
  driver.prepare('UPDATE conversations SET unread = 0 WHERE id = ?').run(conversation)
  driver.prepare(CLEAR_QUERIES.mark).run(conversation)
}

/** True while rows of cleared messages are still there. */
export const isClearing = (driver: SqlDriver): boolean =>
  driver.prepare(CLEAR_QUERIES.next).get() !== undefined

/** Removes some of those rows; false when there were none. */
export const clearSome = (driver: SqlDriver): boolean => {
  const next = driver.prepare(CLEAR_QUERIES.next).get()
  if (!next) return false
  const conversation = text(next, 'conversation')
  const count = driver.prepare(CLEAR_QUERIES.rows).run(conversation, integer(next, 'up_to'), ROWS)
  if (count === 0) driver.prepare(CLEAR_QUERIES.done).run(conversation)
  return true
}
