import type { CoreContext } from '../context.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { tick } from '../../protocol/clock.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { compose } from './compose.ts'
import { keepClock, newMessageId } from './rows.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'outbox' | 'queue' | 'background'>

/** Turns receipts that are due into outbox jobs, several messages to one. */
export interface Receipts {
  /** Some are due: they go out soon, together. */
  due(): void
  stop(): void
}

/** Waits this long for more of them, ms: a message that stands on the screen is usually read within it. */
const GATHER = 80
/** Messages that a receipt names once more. */
const AGAIN = 16

/** Makes the runner; before a contact is accepted nothing is confirmed to them. */
export const createReceipts = (deps: Deps): Receipts => {
  const { store, clock, outbox, queue } = deps
  let cancel: (() => void) | undefined
  let stopped = false

  const gather = (): void => {
    // An envelope that was being worked through may end after the core has.
    if (!stopped) cancel ??= clock.after(GATHER, flush)
  }

  /** The newest that were named before, by account and kind. */
  const told = new Map<string, readonly MessageId[]>()

  /** What is due and, as far as there is room, the newest of what was said before: a receipt that got lost is healed by the next. */
  const cumulative = (
    account: AccountId,
    receipt: 'delivered' | 'read',
    due: readonly MessageId[]
  ): readonly MessageId[] => {
    const key = `${receipt} ${account}`
    const before = (told.get(key) ?? []).filter((id) => !due.includes(id))
    told.set(key, [...before, ...due].slice(-AGAIN))
    return [...due, ...before].slice(0, LIMITS.receiptIds)
  }

  /** One receipt; true when there are more than one holds. */
  const send = async (account: AccountId, kind: 'read' | 'delivered'): Promise<boolean> => {
    const ids = store.read((tx) => tx.receipts.list(account, kind, LIMITS.receiptIds))
    if (ids.length === 0) return false
    const messageId = newMessageId()
    const now = tick(
      clock.now(),
      store.read((tx) => tx.clock.get())
    )
    const body = { kind: 'receipt', receipt: kind, ids: cumulative(account, kind, ids) } as const
    const content = store.read((tx) => compose(tx, account, messageId, now, body))
    await outbox.post({ kind: 'receipt', account, messageId, content }, (tx) => {
      keepClock(tx, now)
      tx.receipts.clear(account, kind, ids)
      // What was read was delivered, too: one receipt says both.
      if (kind === 'read') tx.receipts.clear(account, 'delivered', ids)
      return true
    })
    return ids.length === LIMITS.receiptIds
  }

  const sendAll = async (account: AccountId): Promise<void> => {
    const state = store.read((tx) => tx.contacts.get(account)?.state)
    if (state !== 'accepted' && state !== 'invited') return
    for (const kind of ['read', 'delivered'] as const) while (await send(account, kind));
  }

  const flush = (): void => {
    cancel = undefined
    for (const account of store.read((tx) => tx.receipts.accounts()))
      deps.background('receipts-failed', () => queue.run(`receipts:${account}`, () => sendAll(account)))
  }

  return {
    due: gather,
    stop: () => {
      stopped = true
      cancel?.()
    },
  }
}
