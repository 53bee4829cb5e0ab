import { StorageFailure, type ChangeSet, type Store, type Tx } from '../../core/ports/storage.ts'
import { createChangeTracker } from './changes.ts'
import { createCommitCounter, type CommitMark } from './commits.ts'
import { transact, type SqlDriver } from './driver.ts'
import { migrate } from './migrate.ts'
import { historyRows } from './rows/history.ts'
import { accountRows, contactRows } from './rows/account.ts'
import { inboxRows, outboxRows } from './rows/jobs.ts'
import { conversationRows, messageRows } from './rows/messages.ts'
import { searchRows } from './rows/search.ts'
import { signalRows } from './rows/signal.ts'
import { clockRow, deliveryRows, receiptRows, resendRows, settingRows } from './rows/small.ts'

/** The store over any driver; brings the schema up to date first. Commits are counted at `mark` too, where there is one. */
export const createStore = (driver: SqlDriver, mark?: CommitMark): Store => {
  migrate(driver)
  const commits = createCommitCounter(driver, mark)
  const touched = createChangeTracker()
  const listeners = new Set<(change: ChangeSet) => void>()
  const fullListeners = new Set<(full: boolean) => void>()
  let closed = false
  let isFull = false
  let isLogDue = false
  const tx: Tx = {
    account: accountRows(driver, touched),
    settings: settingRows(driver, touched),
    clock: clockRow(driver, touched),
    contacts: contactRows(driver, touched),
    conversations: conversationRows(driver, touched),
    messages: messageRows(driver, touched),
    search: searchRows(driver),
    history: historyRows(driver, touched),
    outbox: outboxRows(driver, touched),
    inbox: inboxRows(driver, touched),
    receipts: receiptRows(driver, touched),
    deliveries: deliveryRows(driver, touched),
    resends: resendRows(driver, touched),
    signal: signalRows(driver, touched),
  }

  /** Pages as they were before lie in the log until it is cut off. Readers there are none: the lock is exclusive. */
  const forgetLog = (): void => {
    isLogDue = true
    try {
      driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      isLogDue = false
    } catch {
      // The commit stands, and the log is cut off after a later one. Whatever is wrong with the file, that one meets too.
    }
  }

  const becomeFull = (full: boolean): void => {
    if (full === isFull) return
    isFull = full
    tell(fullListeners, full)
  }

  const tell = <T>(all: ReadonlySet<(told: T) => void>, told: T): void => {
    for (const listener of [...all]) {
      try {
        listener(told)
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
      let foundNoRoom = false
      try {
        result = transact(driver, () => {
          const done = work(tx)
          if (touched.any()) commits.count()
          return done
        })
      } catch (error) {
        foundNoRoom = error instanceof StorageFailure && error.error.reason === 'full'
        throw error
      } finally {
        change = touched.end()
        if (foundNoRoom) becomeFull(true)
      }
      if (change) {
        commits.done()
        const isErased = touched.hasErased()
        becomeFull(false)
        tell(listeners, change)
        if (isErased || isLogDue) forgetLog()
      }
      return result
    },
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isFull: () => isFull,
    onFull: (listener) => {
      fullListeners.add(listener)
      return () => fullListeners.delete(listener)
    },
    missing: commits.missing,
    acknowledgeMissing: commits.acknowledge,
    close: () => {
      if (closed) return
      closed = true
      listeners.clear()
      fullListeners.clear()
      commits.close()
      driver.close()
    },
  }
}
