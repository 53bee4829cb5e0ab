import { encodeContent, type ContentBody } from '../../protocol/content.ts'
import { listVersion } from '../../protocol/device-list.ts'
import type { AccountId, EnvelopeId, MessageId } from '../../protocol/ids.ts'
import type { HybridClock } from '../domain/message.ts'
import { ownOf } from '../context.ts'
import type { OutboxKind, Tx } from '../ports/storage.ts'
import { addJob } from './outbox-rows.ts'
import { newMessageId, nextClock } from './rows.ts'

/** Serializes a content for `account`, with the device lists both sides are known to have (architecture §4). */
export const compose = (
  tx: Tx,
  account: AccountId,
  id: MessageId,
  clock: HybridClock,
  body: ContentBody,
  replaces: readonly EnvelopeId[] = []
): Uint8Array => {
  const own = ownOf(tx)
  const contact = tx.contacts.get(account)
  return encodeContent({
    id,
    clock,
    ownList: listVersion(own.listChain),
    ...(contact && contact.listChain.length > 0 ? { yourList: listVersion(contact.listChain) } : {}),
    ...(replaces.length > 0 ? { replaces } : {}),
    body,
  })
}

/** Puts a content into the outbox for every device of `account`. */
export const post = (
  tx: Tx,
  now: number,
  account: AccountId,
  kind: OutboxKind,
  body: ContentBody,
  as: { readonly id: MessageId; readonly clock: HybridClock } = {
    id: newMessageId(),
    clock: nextClock(tx, now),
  }
): void => {
  const content = compose(tx, account, as.id, as.clock, body)
  addJob(tx, { kind, account, messageId: as.id, content }, now)
}
