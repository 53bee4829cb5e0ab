import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import type { Receipts } from '../jobs/receipts.ts'
import { conversationRow, vanishingFrom } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import { accountOf } from '../../protocol/ids.ts'
import { utf8 } from '../../lib/bytes.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { READ_RECEIPTS } from '../domain/settings.ts'
import { ok } from '../../lib/result.ts'

/** Everything up to `upTo` has been seen by the person: the count goes down, and read receipts go out if they want that. */
export const markRead =
  (deps: Pick<CoreContext, 'store' | 'clock'> & { readonly receipts: Receipts }): Command<'markRead'> =>
  async ({ conversation, upTo }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    deps.store.transaction((tx) => {
      const last = tx.messages.get({ conversation, author: account, id: upTo })
      if (!last) return
      const read = tx.messages.markRead(conversation, last, vanishingFrom(tx, deps.clock.now()))
      if (tx.settings.get(READ_RECEIPTS) === 'off' || tx.contacts.get(account)?.state !== 'accepted') return
      for (const message of read) if (message.kind === 'text') tx.receipts.due(account, message.id, 'read')
    })
    deps.receipts.due()
    return ok(null)
  }

/** Keeps what was typed and not sent. */
export const saveDraft =
  (deps: Pick<CoreContext, 'store'>): Command<'saveDraft'> =>
  async ({ conversation, text }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    if (utf8(text).length > LIMITS.textBytes) return inputError('text-too-long')
    return deps.store.transaction((tx) => {
      if (!tx.contacts.get(account)) return inputError('unknown-conversation')
      const row = conversationRow(tx, conversation)
      if (row.draft !== text) tx.conversations.put({ ...row, draft: text })
      return ok(null)
    })
  }
