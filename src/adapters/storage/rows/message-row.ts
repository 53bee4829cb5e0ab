import type { FailReason, Message, MessageKind, MessageState } from '../../../core/domain/message.ts'
import type { AccountId, ConversationId, MessageId } from '../../../protocol/ids.ts'
import type { SqlRow } from '../driver.ts'
import { integer, text, textOrNull } from './columns.ts'

/** How long a message stays, if it is to vanish. @param messages name of the table in the query */
export const vanishAfter = (messages: string): string =>
  `(SELECT after FROM vanishing v WHERE v.pk = ${messages}.pk) AS vanish_after`

/** What `toMessage` reads, of a table named m. */
export const MESSAGE_COLUMNS = `m.conversation, m.author, m.id, m.clock_physical, m.clock_logical, m.kind, m.text, m.state, m.fail_reason, m.at,
  m.own, m.edited_at, ${vanishAfter('m')}`

/** A row of messages as the core knows it. */
export const toMessage = (row: SqlRow): Message => ({
  conversation: text(row, 'conversation') as ConversationId,
  author: text(row, 'author') as AccountId,
  id: text(row, 'id') as MessageId,
  clock: { physical: integer(row, 'clock_physical'), logical: integer(row, 'clock_logical') },
  kind: text(row, 'kind') as MessageKind,
  text: text(row, 'text'),
  state: text(row, 'state') as MessageState,
  failReason: textOrNull(row, 'fail_reason') as FailReason | null,
  at: integer(row, 'at'),
  own: integer(row, 'own') === 1,
  ...(row['edited_at'] === null ? {} : { editedAt: integer(row, 'edited_at') }),
  ...(row['vanish_after'] === null ? {} : { vanishAfter: integer(row, 'vanish_after') }),
})
