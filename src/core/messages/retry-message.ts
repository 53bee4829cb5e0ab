import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { post } from '../jobs/compose.ts'
import { renewed } from '../jobs/outbox-rows.ts'
import { replacing } from '../jobs/retry.ts'
import { inputError } from '../outcome.ts'
import { accountOf } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

/** Sends a failed message again under its own id and place in the order. */
export const retryMessage =
  (deps: Pick<CoreContext, 'store' | 'clock' | 'outbox'>): Command<'retryMessage'> =>
  async ({ conversation, id }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    const outcome = deps.store.transaction((tx) => {
      const key = { conversation, author: ownOf(tx).account, id }
      const message = tx.messages.get(key)
      const contact = tx.contacts.get(account)
      if (!message || !contact) return inputError('unknown-conversation')
      if (message.kind !== 'text') return inputError('unknown-message')
      if (contact.state === 'blocked') return inputError('blocked')
      if (contact.safety === 'review') return inputError('needs-review')
      if (message.state !== 'failed') return ok(message)
      tx.messages.setState(key, 'pending', null)
      const now = deps.clock.now()
      const jobs = tx.outbox.ofMessage(account, id)
      // A job that is still there may name what it is to replace on the other side.
      for (const job of jobs)
        tx.outbox.update({
          ...renewed(job, now),
          content: job.envelopeId ? replacing(job, job.envelopeId) : job.content,
        })
      if (jobs.length === 0) {
        const { text, clock, vanishAfter: after } = message
        // It says how long it stays itself, and nothing of what the chat is set to by now.
        const body = { kind: 'text', text, ...(after === undefined ? {} : { vanish: { after } }) } as const
        post(tx, now, account, 'message', body, { id, clock })
      }
      return ok({ ...message, state: 'pending' as const, failReason: null })
    })
    if (outcome.ok) deps.outbox.kick(account)
    return outcome
  }
