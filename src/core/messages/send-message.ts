import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import type { Message } from '../domain/message.ts'
import { compose } from '../jobs/compose.ts'
import { vanishAfter } from './vanish-timer.ts'
import { insertMessage, keepClock } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import { accountOf, parseMessageId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { tick } from '../../protocol/clock.ts'
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
    const now = deps.clock.now()
    const prepared = deps.store.read((tx) => {
      const contact = tx.contacts.get(account)
      if (!contact) return inputError('unknown-conversation')
      if (contact.state === 'blocked') return inputError('blocked')
      if (contact.state === 'request' || contact.state === 'ignored')
        return inputError('unknown-conversation')
      const clock = tick(now, tx.clock.get())
      const { vanish } = contact
      return ok({
        author: ownOf(tx).account,
        clock,
        vanish,
        content: compose(tx, account, id, clock, { kind: 'text', text, ...(vanish ? { vanish } : {}) }),
      })
    })
    if (!prepared.ok) return prepared
    const { author, clock, content, vanish } = prepared.value
    let message: Message = {
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
      ...vanishAfter(vanish),
    }
    await deps.outbox.post({ kind: 'message', account, messageId: id, content }, (tx) => {
      const before = tx.messages.get({ conversation, author, id })
      if (before) {
        message = before
        return false
      }
      keepClock(tx, clock)
      insertMessage(tx, message)
      const row = tx.conversations.get(conversation)
      if (row) tx.conversations.put({ ...row, draft: '' })
      return true
    })
    deps.paths.want(account)
    return ok(message)
  }
