import type { CoreContext } from '../context.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { post } from './compose.ts'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'outbox'>

/** Turns receipts that are due into outbox jobs, several messages to one. */
export interface Receipts {
  /** Some are due: they go out soon, together. */
  due(): void
  stop(): void
}

/** Waits this long for more of them, ms: a message that stands on the screen is usually read within it. */
const GATHER = 80

/** Makes the runner; before a contact is accepted nothing is confirmed to them. */
export const createReceipts = (deps: Deps): Receipts => {
  const { store, clock, outbox } = deps
  let cancel: (() => void) | undefined

  const flush = (): void => {
    cancel = undefined
    const now = clock.now()
    for (const account of store.read((tx) => tx.receipts.accounts())) {
      const state = store.read((tx) => tx.contacts.get(account)?.state)
      if (state !== 'accepted' && state !== 'invited') continue
      const full = store.transaction((tx) => {
        const read = tx.receipts.list(account, 'read', LIMITS.receiptIds)
        const delivered = tx.receipts.list(account, 'delivered', LIMITS.receiptIds)
        // What was read was delivered, too: one receipt says both.
        const unread = delivered.filter((id) => !read.includes(id))
        if (read.length > 0)
          post(tx, now, account, 'receipt', { kind: 'receipt', receipt: 'read', ids: read })
        if (unread.length > 0)
          post(tx, now, account, 'receipt', { kind: 'receipt', receipt: 'delivered', ids: unread })
        tx.receipts.clear(account, 'read', read)
        tx.receipts.clear(account, 'delivered', delivered)
        return Math.max(read.length, delivered.length) === LIMITS.receiptIds
      })
      if (full) cancel ??= clock.after(GATHER, flush)
      outbox.kick(account)
    }
  }

  return {
    due: () => {
      cancel ??= clock.after(GATHER, flush)
    },
    stop: () => cancel?.(),
  }
}
