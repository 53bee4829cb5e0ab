import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { compose } from '../jobs/compose.ts'
import { waitingEdits } from '../jobs/waiting-controls.ts'
import { addJob } from '../jobs/outbox-rows.ts'
import { newMessageId, nextClock } from '../jobs/rows.ts'
import { inputError } from '../outcome.ts'
import type { Tx } from '../ports/storage.ts'
import { accountOf, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { ok } from '../../lib/result.ts'

/**
 * Deletes a message. Of an own one nothing is left in the outbox either, and the other side is told, unless it never left this device.
 * Deleting twice is deleting once.
 */
export const deleteMessage =
  (deps: Pick<CoreContext, 'store' | 'clock' | 'outbox'>): Command<'deleteMessage'> =>
  async ({ conversation, author, id }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    const outcome = deps.store.transaction((tx) => {
      const message = tx.messages.get({ conversation, author, id })
      if (!message) return inputError('unknown-message')
      if (message.kind === 'deleted') return ok(null)
      if (message.kind !== 'text') return inputError('unknown-message')
      tx.messages.erase(message)
      if (author === ownOf(tx).account) takeBack(tx, deps.clock.now(), account, id, message.state)
      return ok(null)
    })
    if (outcome.ok) deps.outbox.kick(account)
    return outcome
  }

const takeBack = (tx: Tx, now: number, account: AccountId, id: MessageId, state: string): void => {
  // Its edits too: they would say what it said.
  const jobs = [...tx.outbox.ofMessage(account, id), ...waitingEdits(tx, account, id)]
  for (const job of jobs) tx.outbox.remove(job.seq)
  const contact = tx.contacts.get(account)
  const hasLeft =
    state !== 'pending' || jobs.length === 0 || jobs.some(({ envelopeId }) => envelopeId !== null)
  if (!hasLeft || !contact || (contact.state !== 'accepted' && contact.state !== 'invited')) return
  // Where one of its envelopes could not be opened, a gap stands that nobody would fill any more.
  const replaces = jobs.flatMap(({ envelopeId }) => envelopeId ?? []).slice(-LIMITS.replacedEnvelopes)
  const [messageId, clock] = [newMessageId(), nextClock(tx, now)]
  const content = compose(tx, account, messageId, clock, { kind: 'delete', message: id }, replaces)
  addJob(tx, { kind: 'control', account, messageId, content }, now)
}
