import type { MessageKey, Tx } from '../ports/storage.ts'
import type { AccountId, ConversationId } from '../../protocol/ids.ts'

/** Where this many newest messages hold none of the other side's, nothing is noted. */
const LOOKED_AT = 200

const settingOf = (conversation: ConversationId): string => `cleared-up-to:${conversation}`
const notedOf = (tx: Tx, conversation: ConversationId): string =>
  tx.settings.get(settingOf(conversation)) ?? ''

/**
 * Notes, before a conversation is cleared, the newest message of `author` in it. Ids are UUIDv7, so that those of older ones are lower, by the
 * same clock: the author's. Answers with the newest of `author` that ever was cleared here, "" if none is known.
 */
export const noteCleared = (tx: Tx, conversation: ConversationId, author: AccountId): string => {
  const last = tx.messages
    .newest({ conversation, limit: LOOKED_AT })
    .findLast(
      (message) => message.author === author && (message.kind === 'text' || message.kind === 'deleted')
    )
  if (last) noteGone(tx, last)
  return notedOf(tx, conversation)
}

/** Notes that a message of the other side is gone, and with it all that they wrote before. */
export const noteGone = (tx: Tx, message: Pick<MessageKey, 'conversation' | 'id'>): void => {
  if (!wasCleared(tx, message)) tx.settings.put(settingOf(message.conversation), message.id)
}

/**
 * Of a message that is not there: true when its author wrote it, by its id, no later than the newest that was cleared. Then it was cleared, too; one
 * that is still on its way after all comes without the change.
 */
export const wasCleared = (tx: Tx, { conversation, id }: Pick<MessageKey, 'conversation' | 'id'>): boolean =>
  id <= notedOf(tx, conversation)
