import type { CoreContext } from '../context.ts'
import type { Opened } from '../ports/crypto.ts'
import type { OwnAccount, Tx } from '../ports/storage.ts'
import { conversationWith, type AccountId, type EnvelopeId, type MessageId } from '../../protocol/ids.ts'
import { envelopeDigest, type Incoming, type Sender } from './incoming.ts'
import { askAgain } from './retry.ts'
import { insertMessage, nextClock } from './rows.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'outbox'>

/** An envelope is asked for again at most this often (architecture §5). */
const MOST_ASKS = 3

/** What did not decrypt: kept, shown as a gap if it was a message, and asked for again. */
export interface Gaps {
  missed(incoming: Incoming, own: OwnAccount, from: Sender, opened: Opened): Promise<void>
}

/** The message that stands for a missing one; the envelope's id is its name. */
const gapOf = (account: AccountId, envelope: EnvelopeId) => ({
  conversation: conversationWith(account),
  author: account,
  id: envelope as string as MessageId,
})

/** Makes the keeper of gaps. */
export const createGaps = (deps: Deps): Gaps => ({
  missed: async (incoming, own, from, opened) => {
    const now = deps.clock.now()
    const asked = deps.store.transaction((tx) => {
      const before = tx.inbox.undecryptable(incoming.id)?.asked ?? 0
      tx.inbox.putUndecryptable({
        envelopeId: incoming.id,
        account: from.account,
        device: from.device,
        body: incoming.body,
        asked: before + 1,
        at: now,
      })
      // The sender says outside of the session whether it is a message that a person would miss: receipts and the like leave no gap.
      if (before === 0 && opened.isMessage)
        insertMessage(tx, {
          ...gapOf(from.account, incoming.id),
          clock: nextClock(tx, now),
          kind: 'gap',
          text: '',
          state: 'received',
          failReason: null,
          at: now,
          own: false,
        })
      return before
    })
    if (asked < MOST_ASKS) await askAgain(deps, own, from, opened, incoming.id)
  },
})

/** The content of this envelope has come after all: under its own name or in another that replaces it. */
export const fillGap = (
  tx: Tx,
  crypto: Deps['crypto'],
  account: AccountId,
  envelope: EnvelopeId,
  at: number
): void => {
  const missed = tx.inbox.undecryptable(envelope)
  if (missed?.account !== account) return
  tx.inbox.removeUndecryptable(envelope)
  // A second copy of it, from another relay, must not open the gap again: nobody would fill it.
  tx.inbox.markSeen({
    digest: envelopeDigest(crypto, { id: envelope, body: missed.body }),
    messageId: null,
    account,
    at,
  })
  tx.messages.remove(gapOf(account, envelope))
}
