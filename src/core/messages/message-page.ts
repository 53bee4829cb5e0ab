import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import type { MessagePlace } from '../ports/storage.ts'
import type { AccountId, ConversationId, MessageId } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

/** A page of 500 messages of 64 KiB is what a phone can hold besides everything else. */
const MOST = 500

/** Before every message: no clock and no id is as low. */
const beginningOf = (conversation: ConversationId): MessagePlace => ({
  conversation,
  clock: { physical: -1, logical: 0 },
  author: '' as AccountId,
  id: '' as MessageId,
})

/** Goes through a conversation from its first message, page by page, each a read of its own. */
export const messagePage =
  ({ store }: Pick<CoreContext, 'store'>): Command<'messagePage'> =>
  async ({ conversation, after, limit }) => {
    const most = Math.max(1, Math.min(Math.trunc(limit) || 1, MOST))
    const place = { ...(after ?? beginningOf(conversation)), conversation }
    const messages = store.read((tx) => tx.messages.after(place, most))
    const last = messages.at(-1)
    if (!last || messages.length < most) return ok({ messages, next: null })
    const { clock, author, id } = last
    return ok({ messages, next: { conversation, clock, author, id } })
  }
