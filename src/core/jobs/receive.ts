import type { CoreContext } from '../context.ts'
import type { ContactRow, OwnAccount, Tx } from '../ports/storage.ts'
import type { Opened, Staged } from '../ports/crypto.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { parseContent, type Content, type ContentBody } from '../../protocol/content.ts'
import { receiveClock } from '../../protocol/clock.ts'
import { createCatchUp } from './catch-up.ts'
import { createGaps, fillGap } from './gaps.ts'
import { envelopeDigest, type Incoming, type Sender } from './incoming.ts'
import { answerRetry } from './retry.ts'

/** Resolves true once the outcome of the envelope is durable and it may be acknowledged; false: it has to come again. */
export type Receive = (incoming: Incoming) => Promise<boolean>

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
  'vanish',
  'edit',
  'delete',
  'contactAccept',
  'profile',
  'listUpdate',
])

type Deps = Pick<
  CoreContext,
  'store' | 'crypto' | 'clock' | 'queue' | 'own' | 'lists' | 'outbox' | 'random' | 'background'
>

/**
 * Works one envelope through: open, check the device against the verified list, decrypt, then ratchet, consumed prekeys, content, receipt
 * and "seen" in one transaction (architecture §5). An envelope is remembered as seen only when a listed device has written it; whatever
 * else comes is acknowledged and leaves no trace.
 */
export const createReceive = (deps: Deps, handlers: Handlers, onReceiptDue: () => void): Receive => {
  const { store, crypto, clock } = deps
  const gaps = createGaps(deps)
  const catchUp = createCatchUp(deps)

  const markSeen = (tx: Tx, incoming: Incoming, account: AccountId, messageId: MessageId | null): void =>
    tx.inbox.markSeen({ digest: envelopeDigest(crypto, incoming), messageId, account, at: clock.now() })

  /** Nothing to do with it: remembered if it is known to be theirs, acknowledged in any case. */
  const drop = (incoming: Incoming, from: Pick<Sender, 'account' | 'listed'>): true => {
    if (from.listed) store.transaction((tx) => markSeen(tx, incoming, from.account, null))
    return true
  }

  const isDevice = async (contact: ContactRow, opened: Opened): Promise<boolean> =>
    (await deps.lists.devicesOf(contact)).some(
      (device) => device.id === opened.device && device.identityKey === opened.identityKey
    )

  const isListed = async (contact: ContactRow, opened: Opened): Promise<boolean | 'unknown'> => {
    if (await isDevice(contact, opened)) return true
    // A stranger names their own relays: asking there before they are accepted would show when and where we are.
    if (contact.state !== 'accepted' && contact.state !== 'invited') return false
    const found = await deps.lists.refresh(contact.account)
    const fresh = store.read((tx) => tx.contacts.get(contact.account))
    if (found === 'newer' && fresh && (await isDevice(fresh, opened))) return true
    return found === 'unreachable' ? 'unknown' : false
  }

  const again = (incoming: Incoming): true | undefined => {
    const seen = store.read((tx) => tx.inbox.seen(envelopeDigest(crypto, incoming)))
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
    if (!parsed.ok) return drop(incoming, from)
    const content = parsed.value
    const handler = handlers[content.body.kind] as Handler<ContentBody['kind']>
    const apply = await handler(from, content)
    if (apply === 'refuse') return drop(incoming, from)
    const receipted = RECEIPTED.has(content.body.kind)
    const after = store.transaction((tx) => {
      staged.apply(tx)
      markSeen(tx, incoming, from.account, receipted ? content.id : null)
      tx.clock.put(receiveClock(clock.now(), tx.clock.get(), content.clock))
      for (const envelope of [incoming.id, ...(content.replaces ?? [])])
        fillGap(tx, crypto, from.account, envelope, clock.now())
      const next = apply(tx)
      if (receipted) tx.receipts.due(from.account, content.id, 'delivered')
      return next
    })
    after?.()
    if (receipted) onReceiptDue()
    catchUp(from.account, content)
    return true
  }

  const receiveOpened = async (incoming: Incoming, own: OwnAccount, opened: Opened): Promise<boolean> => {
    const contact = store.read((tx) => tx.contacts.get(opened.account))
    if (!contact && !incoming.request) return true
    const listed = contact !== undefined && (await isListed(contact, opened))
    if (listed === 'unknown') return false
    const from: Sender = {
      account: opened.account,
      accountKey: opened.accountKey,
      device: opened.device,
      identityKey: opened.identityKey,
      contact: store.read((tx) => tx.contacts.get(opened.account)),
      listed,
      request: incoming.request,
    }
    const state = from.contact?.state
    if (state === 'blocked' || state === 'ignored') return drop(incoming, from)
    if (!listed && !incoming.request) return true
    if (opened.type === 'plaintext') {
      if (listed) await answerRetry(deps, from, opened)
      return drop(incoming, from)
    }
    const staged = await crypto.decrypt(own, opened)
    if (staged.ok) return commit(incoming, from, staged.value)
    if (staged.error.reason !== 'undecryptable' && staged.error.reason !== 'no-session')
      return drop(incoming, from)
    if (listed && (state === 'accepted' || state === 'invited'))
      await gaps.missed(incoming, own, from, opened)
    return true
  }

  return async (incoming) => {
    const own = deps.own()
    if (!own) return false
    if (again(incoming)) return true
    const opened = await crypto.open(own, incoming.body)
    if (!opened.ok || opened.value.account === own.account) return true
    return deps.queue.run(`crypto:${opened.value.account}`, () => receiveOpened(incoming, own, opened.value))
  }
}
