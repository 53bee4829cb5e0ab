import type { ConversationRow, Tx } from '../../../core/ports/storage.ts'
import type { ConversationId, MessageId } from '../../../protocol/ids.ts'
import type { SqlDriver, SqlRow } from '../driver.ts'
import type { Touched } from '../changes.ts'
import { spacedOf } from '../search/spaced.ts'
import { toMessage } from './message-row.ts'
import { flag, integer, text, textOrNull, upsert } from './columns.ts'

const MOST_UNREAD = 1_000
const ORDER = 'clock_physical DESC, clock_logical DESC, author DESC, id DESC'
/** The queries whose plans are asserted: each is a search in an index, never a walk over all messages. */
export const MESSAGE_QUERIES = {
  get: 'SELECT * FROM messages WHERE conversation = ? AND author = ? AND id = ?',
  newest: `SELECT * FROM messages WHERE conversation = ? ORDER BY ${ORDER} LIMIT ?`,
  readPosition: 'SELECT read_physical, read_logical, read_author, read_up_to FROM conversations WHERE id = ?',
  unread: `SELECT * FROM messages WHERE conversation = ?
    AND (clock_physical, clock_logical, author, id) > (?, ?, ?, ?) AND own = 0
    ORDER BY clock_physical, clock_logical, author, id LIMIT ${MOST_UNREAD}`,
  conversations: `SELECT c.id AS conversation_id, c.draft, c.unread, c.active_at, c.read_up_to, m.*
    FROM conversations c LEFT JOIN messages m
    ON m.pk = (SELECT pk FROM messages WHERE conversation = c.id ORDER BY ${ORDER} LIMIT 1)
    ORDER BY c.active_at DESC LIMIT ?`,
} as const

const PUT_CONVERSATION = upsert('conversations', 'id', ['id', 'draft', 'unread', 'active_at', 'read_up_to'])

/** Conversations with their newest message. */
export const conversationRows = (driver: SqlDriver, touched: Touched): Tx['conversations'] => ({
  get: (id) => {
    const row = driver.prepare('SELECT * FROM conversations WHERE id = ?').get(id)
    return row && toConversation(row)
  },
  put: (row) => {
    touched.table('conversations')
    touched.conversation(row.id)
    driver.prepare(PUT_CONVERSATION).run(row.id, row.draft, row.unread, row.activeAt, row.readUpTo)
  },
  list: (limit) =>
    driver
      .prepare(MESSAGE_QUERIES.conversations)
      .all(limit)
      .map((row) => ({
        row: toConversation({ ...row, id: row['conversation_id'] ?? null }),
        last: row['pk'] === null ? undefined : toMessage(row),
      })),
})

const toConversation = (row: SqlRow): ConversationRow => ({
  id: text(row, 'id') as ConversationId,
  draft: text(row, 'draft'),
  unread: integer(row, 'unread'),
  activeAt: integer(row, 'active_at'),
  readUpTo: textOrNull(row, 'read_up_to') as MessageId | null,
})

/** Messages, sorted by clock, author and id. */
export const messageRows = (driver: SqlDriver, touched: Touched): Tx['messages'] => {
  const touch = (conversation: ConversationId): void => {
    touched.table('messages')
    touched.conversation(conversation)
  }
  return {
    get: ({ conversation, author, id }) => {
      const row = driver.prepare(MESSAGE_QUERIES.get).get(conversation, author, id)
      return row && toMessage(row)
    },
    insert: (message) => {
      touched.writing()
      const changed = driver
        .prepare(
          `INSERT INTO messages (conversation, author, id, clock_physical, clock_logical, kind, text, state, fail_reason, at, own, spaced)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, author, id) DO NOTHING`
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
          message.kind === 'text' ? spacedOf(message.text) : null
        )
      if (changed > 0) touch(message.conversation)
      return changed > 0
    },
    setState: ({ conversation, author, id }, state, failReason) => {
      touch(conversation)
      driver
        .prepare(
          'UPDATE messages SET state = ?, fail_reason = ? WHERE conversation = ? AND author = ? AND id = ?'
        )
        .run(state, failReason, conversation, author, id)
    },
    remove: ({ conversation, author, id }) => {
      touch(conversation)
      driver
        .prepare('DELETE FROM messages WHERE conversation = ? AND author = ? AND id = ?')
        .run(conversation, author, id)
    },
    newest: ({ conversation, limit }) =>
      driver.prepare(MESSAGE_QUERIES.newest).all(conversation, limit).map(toMessage).reverse(),
    unread: (conversation) => {
      const read = driver.prepare(MESSAGE_QUERIES.readPosition).get(conversation)
      return driver
        .prepare(MESSAGE_QUERIES.unread)
        .all(conversation, ...positionOf(read))
        .map(toMessage)
        .filter((message) => message.kind !== 'notice')
    },
  }
}

/** Where reading ended; before everything when nothing was read. */
const positionOf = (row: SqlRow | undefined): readonly [number, number, string, string] =>
  row === undefined || row['read_up_to'] === null || row['read_physical'] === null
    ? [-1, -1, '', '']
    : [
        integer(row, 'read_physical'),
        integer(row, 'read_logical'),
        text(row, 'read_author'),
        text(row, 'read_up_to'),
      ]
