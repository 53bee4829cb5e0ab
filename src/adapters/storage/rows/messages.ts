import type { ConversationRow, MessageKey, MessagePlace, Tx } from '../../../core/ports/storage.ts'
import type { Message, MessageKind } from '../../../core/domain/message.ts'
import type { AccountId, ConversationId, MessageId } from '../../../protocol/ids.ts'
import type { SqlDriver, SqlRow, SqlValue } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { searchFormOf } from '../search/search-form.ts'
import { clearedUpTo, IS_CLEARED, markCleared, NEW_PK } from './cleared.ts'
import { editRows } from './edits.ts'
import { MESSAGE_COLUMNS, toMessage, vanishAfter } from './message-row.ts'
import { putVanishing, setVanishing, vanishingRows } from './vanishing.ts'
import { flag, integer, text } from './columns.ts'

const ORDER = 'clock_physical DESC, clock_logical DESC, author DESC, id DESC'
/** What is known of those that were marked as read. */
const READ = `author, id, kind, ${vanishAfter('messages')}`
/** What is looked up in the order of a conversation; `where` says which messages are meant. */
const inOrder = (way: string, where: string) => ({
  newest: `SELECT ${MESSAGE_COLUMNS} FROM messages m ${way} WHERE ${where} ORDER BY ${ORDER} LIMIT ?`,
  upTo: `SELECT ${MESSAGE_COLUMNS} FROM messages m ${way} WHERE ${where}
    AND (clock_physical, clock_logical, author, id) <= (?, ?, ?, ?) ORDER BY ${ORDER} LIMIT ?`,
  after: `SELECT ${MESSAGE_COLUMNS} FROM messages m ${way} WHERE ${where}
    AND (clock_physical, clock_logical, author, id) > (?, ?, ?, ?)
    ORDER BY clock_physical, clock_logical, author, id LIMIT ?`,
  firstUnread: `SELECT id FROM messages ${way} WHERE ${where} AND unread = 1
    ORDER BY clock_physical, clock_logical, author, id LIMIT 1`,
  lastSeen: `SELECT clock_physical, clock_logical FROM messages ${way} WHERE ${where} AND unread = 0 ORDER BY ${ORDER} LIMIT 1`,
  readAll: `UPDATE messages ${way} SET unread = 0 WHERE ${where} AND unread = 1 RETURNING ${READ}`,
  readUpTo: `UPDATE messages ${way} SET unread = 0 WHERE ${where} AND unread = 1
    AND (clock_physical, clock_logical, author, id) <= (?, ?, ?, ?) RETURNING ${READ}`,
})
/** While rows of a cleared conversation are still there, what came since is looked up by its rows: they are few, and those before may be a million. */
const SINCE = inOrder('NOT INDEXED', 'pk > ? AND conversation = ?')

/** The queries whose plans are asserted: each is a search in an index, never a walk over all messages. */
export const MESSAGE_QUERIES = {
  ...inOrder('', 'conversation = ?'),
  get: `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE conversation = ? AND author = ? AND id = ? AND NOT ${IS_CLEARED}`,
  named: `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE conversation = ? AND id = ? AND NOT ${IS_CLEARED} LIMIT 1`,
  conversations: `SELECT c.rowid AS number, c.id AS conversation_id, c.draft, c.unread, c.active_at, x.up_to AS cleared, ${MESSAGE_COLUMNS}
    FROM conversations c LEFT JOIN cleared x ON x.conversation = c.id LEFT JOIN messages m
    ON m.pk = (SELECT pk FROM messages WHERE conversation = c.id ORDER BY ${ORDER} LIMIT 1)
    WHERE c.active_at <= ? AND (c.active_at < ? OR c.rowid > ?) ORDER BY c.active_at DESC, c.rowid LIMIT ?`,
} as const

const inOrderOf = (
  driver: SqlDriver,
  conversation: ConversationId,
  query: keyof typeof SINCE,
  ...values: readonly SqlValue[]
): readonly SqlRow[] => {
  const upTo = clearedUpTo(driver, conversation)
  return upTo === undefined
    ? driver.prepare(MESSAGE_QUERIES[query]).all(conversation, ...values)
    : driver.prepare(SINCE[query]).all(upTo, conversation, ...values)
}
const newestOf = (driver: SqlDriver, conversation: ConversationId, limit: number): readonly Message[] =>
  inOrderOf(driver, conversation, 'newest', limit).map(toMessage).reverse()

/** The count of unread messages is the database's own (triggers). */
const PUT_CONVERSATION = `INSERT INTO conversations (id, draft, unread, active_at) VALUES (?, ?, 0, ?)
  ON CONFLICT (id) DO UPDATE SET draft = excluded.draft, active_at = excluded.active_at`

/** Conversations with their newest message. */
export const conversationRows = (driver: SqlDriver, touched: Touched): Tx['conversations'] => ({
  get: (id) => {
    const row = driver.prepare('SELECT * FROM conversations WHERE id = ?').get(id)
    return row && toConversation(row)
  },
  put: (row) => {
    touched.table('conversations')
    touched.conversation(row.id)
    driver.prepare(PUT_CONVERSATION).run(row.id, row.draft, row.activeAt)
  },
  list: (after, limit) => {
    const from = after?.activeAt ?? Number.MAX_SAFE_INTEGER
    return driver
      .prepare(MESSAGE_QUERIES.conversations)
      .all(from, from, after?.number ?? 0, limit)
      .map((row) => {
        const conversation = toConversation({ ...row, id: row['conversation_id'] ?? null })
        return {
          row: conversation,
          last: lastOf(driver, conversation.id, row),
          place: { activeAt: conversation.activeAt, number: integer(row, 'number') },
        }
      })
  },
})

/** The newest message, of which the row is one unless the conversation was cleared a moment ago. */
const lastOf = (driver: SqlDriver, id: ConversationId, row: SqlRow): Message | undefined => {
  if (row['cleared'] !== null) return newestOf(driver, id, 1)[0]
  return row['author'] === null ? undefined : toMessage(row)
}

const toConversation = (row: SqlRow): ConversationRow => ({
  id: text(row, 'id') as ConversationId,
  draft: text(row, 'draft'),
  unread: integer(row, 'unread'),
  activeAt: integer(row, 'active_at'),
})

/** What messages are sorted by, for `(clock_physical, clock_logical, author, id)`. */
const orderOf = ({ clock, author, id }: MessagePlace) => [clock.physical, clock.logical, author, id] as const

/** Messages, sorted by clock, author and id. */
export const messageRows = (driver: SqlDriver, touched: Touched): Tx['messages'] => {
  const touchConversation = (conversation: ConversationId): void => {
    touched.table('messages')
    touched.conversation(conversation)
  }
  const touch = (key: MessageKey): void => {
    touchConversation(key.conversation)
    touched.message(key)
  }
  const vanishing = vanishingRows(driver, touched)
  return {
    get: ({ conversation, author, id }) => {
      const row = driver.prepare(MESSAGE_QUERIES.get).get(conversation, author, id)
      return row && toMessage(row)
    },
    insert: (message) => {
      touched.writing()
      const changed = driver
        .prepare(
          `INSERT INTO messages (pk, conversation, author, id, clock_physical, clock_logical, kind, text, state, fail_reason, at, own, spaced, unread, edited_at)
           VALUES (${NEW_PK}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, author, id) DO NOTHING`
        )
        .run(
          message.conversation,
          message.author,
          message.id,
          message.clock.physical,
          message.clock.logical,
          message.kind,
          message.text,
          message.state,
          message.failReason,
          message.at,
          flag(message.own),
          message.kind === 'text' ? searchFormOf(message.text) : null,
          flag(!message.own && message.kind !== 'notice' && message.kind !== 'deleted'),
          message.editedAt ?? null
        )
      if (changed === 0) return false
      if (message.vanishAfter !== undefined) putVanishing(driver, message, message.vanishAfter)
      touch(message)
      return true
    },
    setState: (key, state, failReason) => {
      touch(key)
      driver
        .prepare(
          'UPDATE messages SET state = ?, fail_reason = ? WHERE conversation = ? AND author = ? AND id = ?'
        )
        .run(state, failReason, key.conversation, key.author, key.id)
      if (state === 'failed') setVanishing(driver, key, null)
    },
    remove: (key) => {
      touch(key)
      touched.erased()
      driver
        .prepare('DELETE FROM messages WHERE conversation = ? AND author = ? AND id = ?')
        .run(key.conversation, key.author, key.id)
    },
    ...editRows(driver, touched, touch),
    ...vanishing,
    clear: (conversation, last) => markCleared(driver, touched, conversation, last ?? null),
    newest: ({ conversation, limit }) => newestOf(driver, conversation, limit),
    named: (conversation, id) => {
      const row = driver.prepare(MESSAGE_QUERIES.named).get(conversation, id)
      return row && toMessage(row)
    },
    upTo: (message, limit) =>
      inOrderOf(driver, message.conversation, 'upTo', ...orderOf(message), limit)
        .map(toMessage)
        .reverse(),
    after: (message, limit) =>
      inOrderOf(driver, message.conversation, 'after', ...orderOf(message), limit).map(toMessage),
    markRead: (conversation, upTo, from) => {
      touched.writing()
      const rows =
        upTo === null
          ? inOrderOf(driver, conversation, 'readAll')
          : inOrderOf(driver, conversation, 'readUpTo', ...orderOf(upTo))
      if (rows.length > 0) touchConversation(conversation)
      return rows.map((row) => {
        const id = text(row, 'id') as MessageId
        const author = text(row, 'author') as AccountId
        if (row['vanish_after'] !== null) vanishing.beginVanishing({ conversation, author, id }, from)
        return { id, kind: text(row, 'kind') as MessageKind }
      })
    },
    firstUnread: (conversation) => {
      const [row] = inOrderOf(driver, conversation, 'firstUnread')
      return row && (text(row, 'id') as MessageId)
    },
    lastSeen: (conversation) => {
      const [row] = inOrderOf(driver, conversation, 'lastSeen')
      return row && { physical: integer(row, 'clock_physical'), logical: integer(row, 'clock_logical') }
    },
  }
}
