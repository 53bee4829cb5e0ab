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

/** Waits this long for more of them. */
const GATHER = 25
const KINDS = ['delivered', 'read'] as const

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
      store.transaction((tx) => {
        for (const kind of KINDS) {
          const ids = tx.receipts.list(account, kind, LIMITS.receiptIds)
          if (ids.length === 0) continue
          post(tx, now, account, 'receipt', { kind: 'receipt', receipt: kind, ids })
          tx.receipts.clear(account, kind, ids)
        }
      })
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
