import type { CoreContext } from '../context.ts'
import type { ContactRow, OwnAccount, Tx } from '../ports/storage.ts'
import type { Opened, Staged } from '../ports/crypto.ts'
import {
  conversationWith,
  type AccountId,
  type DeviceId,
  type EnvelopeId,
  type MessageId,
} from '../../protocol/ids.ts'
import { parseContent, type Content, type ContentBody } from '../../protocol/content.ts'
import { receiveClock } from '../../protocol/clock.ts'
import { insertMessage, nextClock } from './rows.ts'
import { answerRetry, askAgain } from './retry.ts'

/** One envelope and how it came. `request`: it was deposited with an invite's key, so it may be a stranger's. */
export interface Incoming {
  readonly id: EnvelopeId
  readonly body: Uint8Array
  readonly request: boolean
}

/** Resolves true once the outcome of the envelope is durable and it may be acknowledged. */
export type Receive = (incoming: Incoming) => Promise<boolean>

/** Who wrote a content, proven by both layers and the device list. */
export interface Sender {
  readonly account: AccountId
  readonly accountKey: Uint8Array
  readonly device: DeviceId
  readonly identityKey: string
  /** Undefined for a stranger. */
  readonly contact: ContactRow | undefined
  /** False for a stranger, whose list comes inside the content. */
  readonly listed: boolean
  readonly request: boolean
}

/** What a handler wants done in the transaction; it may hand back what is to be done after the commit. */
export type Apply = (tx: Tx) => (() => void) | undefined
/** `refuse`: nothing of the content is kept, not even the ratchet step. */
export type Handler<K extends ContentBody['kind']> = (
  from: Sender,
  content: Content & { readonly body: Extract<ContentBody, { kind: K }> }
) => Promise<Apply | 'refuse'>
export type Handlers = { readonly [K in ContentBody['kind']]: Handler<K> }

/** Kinds that are confirmed to their sender. */
const RECEIPTED: ReadonlySet<ContentBody['kind']> = new Set([
  'text',
  'contactAccept',
  'profile',
  'listUpdate',
])

/** When a newer list of a contact is looked for, ms after it was heard of. */
const LIST_WAITS = [0, 1_000, 5_000, 30_000, 300_000] as const

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'queue' | 'own' | 'lists' | 'outbox' | 'random'>

/**
 * Works one envelope through: open, check the device against the verified list, decrypt, then ratchet, consumed prekeys, content, receipt
 * and "seen" in one transaction (architecture §5).
 */
export const createReceive = (deps: Deps, handlers: Handlers, onReceiptDue: () => void): Receive => {
  const { store, crypto, clock } = deps

  const drop = (incoming: Incoming): true => {
    store.transaction((tx) =>
      tx.inbox.markSeen({ id: incoming.id, messageId: null, account: null, at: clock.now() })
    )
    return true
  }

  const isListed = async (contact: ContactRow, opened: Opened): Promise<boolean> => {
    const has = async (row: ContactRow): Promise<boolean> =>
      (await deps.lists.devicesOf(row)).some(
        (d) => d.id === opened.device && d.identityKey === opened.identityKey
      )
    if (await has(contact)) return true
    // A stranger names their own relays: asking there before they are accepted would show when and where we are.
    if (contact.state === 'request' || !(await deps.lists.refresh(contact.account))) return false
    const fresh = store.read((tx) => tx.contacts.get(contact.account))
    return fresh !== undefined && has(fresh)
  }

  const again = (incoming: Incoming): true | undefined => {
    const seen = store.read((tx) => tx.inbox.seen(incoming.id))
    if (!seen) return undefined
    const { account, messageId } = seen
    if (account && messageId) {
      // The sender offers it again, so our receipt was lost.
      store.transaction((tx) => tx.receipts.due(account, messageId, 'delivered'))
      onReceiptDue()
    }
    return true
  }

  const commit = async (incoming: Incoming, from: Sender, staged: Staged<Uint8Array>): Promise<boolean> => {
    const parsed = parseContent(staged.value)
    if (!parsed.ok) return drop(incoming)
    const content = parsed.value
    const handler = handlers[content.body.kind] as Handler<ContentBody['kind']>
    const apply = await handler(from, content)
    if (apply === 'refuse') return drop(incoming)
    const receipted = RECEIPTED.has(content.body.kind)
    const after = store.transaction((tx) => {
      staged.apply(tx)
      tx.inbox.markSeen({
        id: incoming.id,
        messageId: receipted ? content.id : null,
        account: from.account,
        at: clock.now(),
      })
      tx.clock.put(receiveClock(clock.now(), tx.clock.get(), content.clock))
      if (content.replacesEnvelope) removeGap(tx, from.account, content.replacesEnvelope, clock.now())
      const next = apply(tx)
      if (receipted) tx.receipts.due(from.account, content.id, 'delivered')
      return next
    })
    after?.()
    if (receipted) onReceiptDue()
    if (content.ownList) catchUp(from.account, content.ownList.revision)
    return true
  }

  /** Accounts whose newer list is being looked for: one search at a time each, whatever revisions are claimed. */
  const searching = new Set<AccountId>()

  /** Their list is newer than ours of them; it may not have reached a relay yet, so it is asked for more than once. */
  const catchUp = (account: AccountId, revision: number): void => {
    if (searching.has(account)) return
    searching.add(account)
    const turn = (index: number): void => {
      const wait = LIST_WAITS[index]
      const own = deps.own()
      const known = own && store.read((tx) => tx.contacts.get(account))
      if (!known || known.state === 'request' || known.listRevision >= revision || wait === undefined) {
        searching.delete(account)
        return
      }
      clock.after(wait, () => {
        deps.lists
          .refresh(account)
          .then(() => turn(index + 1))
          .catch(() => searching.delete(account))
      })
    }
    turn(0)
  }

  const undecryptable = async (
    incoming: Incoming,
    own: OwnAccount,
    from: Sender,
    opened: Opened
  ): Promise<boolean> => {
    if (!from.listed || (from.contact?.state !== 'accepted' && from.contact?.state !== 'invited'))
      return drop(incoming)
    const before = store.read((tx) => tx.inbox.undecryptable(incoming.id))
    if (!before) {
      store.transaction((tx) => {
        tx.inbox.addUndecryptable({
          envelopeId: incoming.id,
          account: from.account,
          device: from.device,
          body: incoming.body,
          asked: 1,
          at: clock.now(),
        })
        insertMessage(tx, {
          conversation: conversationWith(from.account),
          author: from.account,
          id: incoming.id as string as MessageId,
          clock: nextClock(tx, clock.now()),
          kind: 'gap',
          text: '',
          state: 'received',
          failReason: null,
          at: clock.now(),
          own: false,
        })
      })
    }
    await askAgain(deps, own, from, opened, incoming.id)
    return true
  }

  const receiveOpened = async (incoming: Incoming, own: OwnAccount, opened: Opened): Promise<boolean> => {
    const contact = store.read((tx) => tx.contacts.get(opened.account))
    if (contact?.state === 'blocked' || contact?.state === 'ignored') return drop(incoming)
    if (!contact && !incoming.request) return drop(incoming)
    const listed = contact !== undefined && contact.listChain.length > 0 && (await isListed(contact, opened))
    if (!listed && !incoming.request) return drop(incoming)
    const from: Sender = {
      account: opened.account,
      accountKey: opened.accountKey,
      device: opened.device,
      identityKey: opened.identityKey,
      contact: store.read((tx) => tx.contacts.get(opened.account)),
      listed,
      request: incoming.request,
    }
    if (opened.type === 'plaintext') {
      if (listed) await answerRetry(deps, incoming.id, from, opened)
      return drop(incoming)
    }
    const staged = await crypto.decrypt(own, opened)
    if (staged.ok) return commit(incoming, from, staged.value)
    return staged.error.reason === 'undecryptable' || staged.error.reason === 'no-session'
      ? undecryptable(incoming, own, from, opened)
      : drop(incoming)
  }

  return async (incoming) => {
    const own = deps.own()
    if (!own) return false
    if (again(incoming)) return true
    const opened = await crypto.open(own, incoming.body)
    if (!opened.ok || opened.value.account === own.account) return drop(incoming)
    return deps.queue.run(`crypto:${opened.value.account}`, () => receiveOpened(incoming, own, opened.value))
  }
}

/** A gap whose message has come after all. */
const removeGap = (tx: Tx, account: AccountId, envelope: EnvelopeId, at: number): void => {
  if (tx.inbox.undecryptable(envelope)?.account !== account) return
  tx.inbox.removeUndecryptable(envelope)
  // A second copy of it, from another relay, must not open the gap again: nobody would fill it.
  tx.inbox.markSeen({ id: envelope, messageId: null, account, at })
  tx.messages.remove({
    conversation: conversationWith(account),
    author: account,
    id: envelope as string as MessageId,
  })
}
