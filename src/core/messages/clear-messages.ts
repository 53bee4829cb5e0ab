import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { waitingControls } from '../jobs/waiting-controls.ts'
import { inputError } from '../outcome.ts'
import type { Tx } from '../ports/storage.ts'
import { accountOf, conversationWith, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'

const MOST_JOBS = 1_000

/**
 * Deletes all messages of a conversation on this device alone. They are gone at once, whatever happens next; the files are cleaned in the
 * background. What has not left this device is not sent any more.
 */
export const clearMessages =
  (deps: Pick<CoreContext, 'store'>): Command<'clearMessages'> =>
  async ({ conversation }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    return deps.store.transaction((tx) => {
      if (!tx.conversations.get(conversation)) return inputError('unknown-conversation')
      dropUnsent(tx, account)
      tx.messages.clear(conversation)
      return ok(null)
    })
  }

/**
 * Takes texts that never left this device, and those that failed, out of the outbox, with their edits. What has left keeps its job until it is
 * confirmed: the other side is still to get it.
 */
const dropUnsent = (tx: Tx, account: AccountId): void => {
  const author = ownOf(tx).account
  const dropped = new Set<MessageId>()
  for (const job of tx.outbox.ofAccount(account, MOST_JOBS)) {
    const { messageId: id } = job
    if (job.kind !== 'message' || dropped.has(id)) continue
    const state = tx.messages.get({ conversation: conversationWith(account), author, id })?.state
    const jobs = tx.outbox.ofMessage(account, id)
    const isUnsent = state === 'pending' && jobs.every(({ envelopeId }) => envelopeId === null)
    if (!isUnsent && state !== 'failed') continue
    for (const { seq } of jobs) tx.outbox.remove(seq)
    dropped.add(id)
  }
  const edits = waitingControls(tx, account, (body) => body.kind === 'edit' && dropped.has(body.message))
  for (const { seq } of edits) tx.outbox.remove(seq)
}
