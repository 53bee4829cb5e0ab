import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { ownOf } from '../context.ts'
import { jobsOf } from '../jobs/account-jobs.ts'
import { waitingControls } from '../jobs/waiting-controls.ts'
import { inputError } from '../outcome.ts'
import type { Tx } from '../ports/storage.ts'
import { accountOf, conversationWith, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { ok } from '../../lib/result.ts'
import { noteCleared } from './cleared.ts'

/**
 * Deletes all messages of a conversation on this device alone. They are gone at once, whatever happens next; the files are cleaned in the
 * background. What no relay or device has taken yet is not sent any more.
 */
export const clearMessages =
  (deps: Pick<CoreContext, 'store'>): Command<'clearMessages'> =>
  async ({ conversation }) => {
    const account = accountOf(conversation)
    if (!account) return inputError('malformed')
    return deps.store.transaction((tx) => {
      if (!tx.conversations.get(conversation)) return inputError('unknown-conversation')
      dropUnsent(tx, account)
      // An edit of what was not there yet stays for when it comes.
      tx.messages.clear(conversation, noteCleared(tx, conversation, account))
      return ok(null)
    })
  }

/**
 * Takes texts that no relay or device has taken, and those that failed, out of the outbox, with their edits: encrypted ones too, which all are
 * without a network. What has left keeps its job until it is confirmed: the other side is still to get it.
 */
const dropUnsent = (tx: Tx, account: AccountId): void => {
  const [author, conversation] = [ownOf(tx).account, conversationWith(account)]
  const dropped = new Set<MessageId>()
  for (const { seq, kind, messageId: id } of jobsOf(tx, account)) {
    const state = kind === 'message' ? tx.messages.get({ conversation, author, id })?.state : undefined
    if (state !== 'pending' && state !== 'failed') continue
    tx.outbox.remove(seq)
    dropped.add(id)
  }
  const edits = waitingControls(tx, account, (body) => body.kind === 'edit' && dropped.has(body.message))
  for (const { seq } of edits) tx.outbox.remove(seq)
}
