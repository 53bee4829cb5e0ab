import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { post } from '../jobs/compose.ts'
import { waitingEdits } from '../jobs/waiting-controls.ts'
import { newMessageId, nextClock } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import { accountOf } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { utf8 } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'

/** Changes an own text. The same text again changes nothing and sends nothing. */
export const editMessage =
  (deps: Pick<CoreContext, 'store' | 'clock' | 'outbox'>): Command<'editMessage'> =>
  async ({ conversation, id, text }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    if (text.trim() === '') return inputError('text-empty')
    if (utf8(text).length > LIMITS.textBytes) return inputError('text-too-long')
    const outcome = deps.store.transaction((tx) => {
      const key = { conversation, author: ownOf(tx).account, id }
      const message = tx.messages.get(key)
      const contact = tx.contacts.get(account)
      if (message?.kind !== 'text' || !contact) return inputError('unknown-message')
      if (contact.state === 'blocked') return inputError('blocked')
      if (message.text === text) return ok(message)
      const now = deps.clock.now()
      const clock = nextClock(tx, now)
      tx.messages.edit(key, { clock, text, at: now })
      // What was never sent is said better by this one.
      for (const job of waitingEdits(tx, account, id)) if (job.envelopeId === null) tx.outbox.remove(job.seq)
      post(tx, now, account, 'control', { kind: 'edit', message: id, text }, { id: newMessageId(), clock })
      return ok({ ...message, text, editedAt: now })
    })
    if (outcome.ok) deps.outbox.kick(account)
    return outcome
  }
