import type { CoreContext } from '../context.ts'
import type { Emitter } from '../emitter.ts'
import type { Handler } from '../jobs/receive.ts'
import { insertMessage } from '../jobs/rows.ts'
import { reach } from '../jobs/outbox-rows.ts'
import type { Message } from '../domain/message.ts'
import { takeTimer, vanishAfter } from './vanish-timer.ts'
import { toContact } from '../domain/contact.ts'
import type { Store } from '../ports/storage.ts'
import { conversationWith, type AccountId } from '../../protocol/ids.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Events } from '../api.ts'

/** A text: kept once, whatever comes twice. A stranger's is kept beside their request. */
export const receiveText =
  (deps: Pick<CoreContext, 'clock' | 'store'> & { readonly events: Emitter<Events> }): Handler<'text'> =>
  async (from, content) => {
    if (!from.contact || !from.listed) return 'refuse'
    if (from.contact.state === 'request' && isFull(deps.store, from.account)) return 'refuse'
    const message: Message = {
      conversation: conversationWith(from.account),
      author: from.account,
      id: content.id,
      clock: content.clock,
      kind: 'text',
      text: content.body.text,
      state: 'received',
      failReason: null,
      at: deps.clock.now(),
      own: false,
      ...vanishAfter(content.body.vanish),
    }
    return (tx) => {
      const { after, set } = content.body.vanish ?? {}
      if (after !== undefined && set) takeTimer(tx, deps, from.account, { after, set }, content.clock)
      const isNew = insertMessage(tx, message)
      const contact = tx.contacts.get(from.account)
      // An edit may have come before it.
      const stored = tx.messages.get(message) ?? message
      return isNew && contact
        ? () => deps.events.emit('messageReceived', { message: stored, contact: toContact(contact) })
        : undefined
    }
  }

/** A stranger has said as much as is kept before they are accepted. */
const isFull = (store: Pick<Store, 'read'>, account: AccountId): boolean => {
  const limit = LIMITS.requestTexts
  const newest = store.read((tx) => tx.messages.newest({ conversation: conversationWith(account), limit }))
  return newest.filter(({ own }) => !own).length >= limit
}

/** A receipt: the messages it names have arrived at (or were read on) that device, which needs them no more. */
export const receiveReceipt =
  (deps: Pick<CoreContext, 'clock'>): Handler<'receipt'> =>
  async (from, content) => {
    if (!from.contact || !from.listed) return 'refuse'
    const { ids, receipt } = content.body
    return (tx) => {
      for (const id of ids) {
        for (const job of tx.outbox.ofMessage(from.account, id))
          if (job.device === from.device) tx.outbox.remove(job.seq)
        reach(tx, from.account, id, receipt, deps.clock.now())
      }
      return undefined
    }
  }
