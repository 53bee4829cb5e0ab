import { StorageFailure, type ChangeSet, type Store, type Tx } from '../../core/ports/storage.ts'
import { createChangeTracker } from './changes.ts'
import type { SqlDriver } from './driver.ts'
import { migrate } from './migrate.ts'
import { accountRows, contactRows } from './rows/account.ts'
import { inboxRows, outboxRows } from './rows/jobs.ts'
import { conversationRows, messageRows } from './rows/messages.ts'
import { signalRows } from './rows/signal.ts'
import { clockRow, deliveryRows, receiptRows, resendRows, settingRows } from './rows/small.ts'

/** The store over any driver; brings the schema up to date first. */
export const createStore = (driver: SqlDriver): Store => {
  migrate(driver)
  const touched = createChangeTracker()
  const listeners = new Set<(change: ChangeSet) => void>()
  let inside = false
  let closed = false
  const tx: Tx = {
    account: accountRows(driver, touched),
    settings: settingRows(driver, touched),
    clock: clockRow(driver, touched),
    contacts: contactRows(driver, touched),
    conversations: conversationRows(driver, touched),
    messages: messageRows(driver, touched),
    outbox: outboxRows(driver, touched),
    inbox: inboxRows(driver, touched),
    receipts: receiptRows(driver, touched),
    deliveries: deliveryRows(driver, touched),
    resends: resendRows(driver, touched),
    signal: signalRows(driver, touched),
  }

  const commit = <T>(work: (tx: Tx) => T): T => {
    driver.exec('BEGIN IMMEDIATE')
    inside = true
    try {
      const result = work(tx)
      if (result instanceof Promise) throw new TypeError('a transaction cannot wait')
      driver.exec('COMMIT')
      return result
    } catch (error) {
      touched.take()
      try {
        driver.exec('ROLLBACK')
      } catch {
        // Some failures (a full disk) end the transaction by themselves; the first error is the one to tell.
      }
      throw error
    } finally {
      inside = false
    }
  }

  return {
    read: (query) => {
      if (closed) throw new StorageFailure('unavailable')
      return query(tx)
    },
    transaction: (work) => {
      if (closed) throw new StorageFailure('unavailable')
      if (inside) throw new TypeError('transactions do not nest')
      const result = commit(work)
      const change = touched.take()
      if (change) for (const listener of [...listeners]) listener(change)
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
