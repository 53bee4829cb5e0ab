import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import type { Message } from '../domain/message.ts'
import { post } from '../jobs/compose.ts'
import { insertMessage, nextClock } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import { accountOf, parseMessageId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ok } from '../../lib/result.ts'
import { utf8 } from '../../lib/bytes.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'outbox' | 'paths' | 'own'>

/**
 * Writes a text: the message and its job to send it stand in one transaction, so that from here on it cannot be lost. The same id again
 * answers with the message that is there.
 */
export const sendMessage =
  (deps: Deps): Command<'sendMessage'> =>
  async ({ conversation, id, text }) => {
    const account = accountOf(conversation)
    if (!deps.own()) return inputError('no-account')
    if (!account || !parseMessageId(id)) return inputError('malformed')
    if (text.trim() === '') return inputError('text-empty')
    if (utf8(text).length > LIMITS.textBytes) return inputError('text-too-long')
    const outcome = deps.store.transaction((tx) => {
      const contact = tx.contacts.get(account)
      if (!contact) return inputError('unknown-conversation')
      if (contact.state === 'blocked') return inputError('blocked')
      if (contact.state === 'request' || contact.state === 'ignored')
        return inputError('unknown-conversation')
      const author = ownOf(tx).account
      const before = tx.messages.get({ conversation, author, id })
      if (before) return ok(before)
      const now = deps.clock.now()
      const clock = nextClock(tx, now)
      const message: Message = {
        conversation,
        author,
        id,
        clock,
        kind: 'text',
        text,
        state: 'pending',
        failReason: null,
        at: now,
        own: true,
      }
      insertMessage(tx, message)
      post(tx, now, account, 'message', { kind: 'text', text }, { id, clock })
      const row = tx.conversations.get(conversation)
      if (row) tx.conversations.put({ ...row, draft: '' })
      return ok(message)
    })
    if (outcome.ok) {
      deps.outbox.kick(account)
      deps.paths.want(account)
    }
    return outcome
  }
