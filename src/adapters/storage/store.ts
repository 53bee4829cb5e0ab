import { StorageFailure, type ChangeSet, type Store, type Tx } from '../../core/ports/storage.ts'
import { createChangeTracker } from './changes.ts'
import { transact, type SqlDriver } from './driver.ts'
import { migrate } from './migrate.ts'
import { accountRows, contactRows } from './rows/account.ts'
import { inboxRows, outboxRows } from './rows/jobs.ts'
import { conversationRows, messageRows } from './rows/messages.ts'
import { searchRows } from './rows/search.ts'
import { signalRows } from './rows/signal.ts'
import { clockRow, deliveryRows, receiptRows, resendRows, settingRows } from './rows/small.ts'

/** The store over any driver; brings the schema up to date first. */
export const createStore = (driver: SqlDriver): Store => {
  migrate(driver)
  const touched = createChangeTracker()
  const listeners = new Set<(change: ChangeSet) => void>()
  let closed = false
  const tx: Tx = {
    account: accountRows(driver, touched),
    settings: settingRows(driver, touched),
    clock: clockRow(driver, touched),
    contacts: contactRows(driver, touched),
    conversations: conversationRows(driver, touched),
    messages: messageRows(driver, touched),
    search: searchRows(driver),
    outbox: outboxRows(driver, touched),
    inbox: inboxRows(driver, touched),
    receipts: receiptRows(driver, touched),
    deliveries: deliveryRows(driver, touched),
    resends: resendRows(driver, touched),
    signal: signalRows(driver, touched),
  }

  const tell = (change: ChangeSet): void => {
    for (const listener of [...listeners]) {
      try {
        listener(change)
      } catch (error) {
        // The commit stands and others must hear of it; a listener's fault surfaces as any uncaught error does.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  return {
    read: (query) => {
      if (closed) throw new StorageFailure('unavailable')
      return query(tx)
    },
    transaction: (work) => {
      if (closed) throw new StorageFailure('unavailable')
      touched.begin()
      let change: ChangeSet | undefined
      let result
      try {
        result = transact(driver, () => work(tx))
      } finally {
        change = touched.end()
      }
      if (change) tell(change)
      return result
    },
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      if (closed) return
      closed = true
      listeners.clear()
      driver.close()
    },
  }
}
