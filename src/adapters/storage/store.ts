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
import { searchIndex } from './rows/search-index.ts'
import { signalRows } from './rows/signal.ts'
import { clockRow, deliveryRows, receiptRows, resendRows, settingRows } from './rows/small.ts'

/** New messages that a search puts into the index with one commit. */
const INDEXED_AT_ONCE = 1_000

/**
 * The store over any driver; brings the schema up to date first. Commits are counted at `mark` too, where there is one.
 * @param onMigrate is called before a database of an earlier version is brought up to date
 */
export const createStore = (driver: SqlDriver, mark?: CommitMark, onMigrate?: () => void): Store => {
  migrate(driver, undefined, onMigrate)
  const commits = createCommitCounter(driver, mark)
  const { search: found } = searchRows(driver)
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
    search: searchIndex(driver, touched),
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
      // The index still has it: the log is cut off when it is gone from there as well.
      if (['changed', 'struck'].includes(tx.search.waiting())) return
      driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      isLogDue = false
    } catch {
      // The commit stands, and the log is cut off after a later one. Whatever is wrong with the file, that one meets too.
    }
  }

  /** What came a moment ago is to be found too. On a full disk it comes in later, and what is there is searched. */
  const indexNew = (): void => {
    try {
      while (store.read((tx) => tx.search.lacks()) === 'new')
        store.transaction((tx) => tx.search.catchUp(INDEXED_AT_ONCE))
    } catch (error) {
      if (!(error instanceof StorageFailure && error.error.reason === 'full')) throw error
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

  const store: Store = {
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
      const isErased = touched.hasErased()
      if (change) {
        commits.done()
        becomeFull(false)
        tell(listeners, change)
      }
      if (isErased || isLogDue) forgetLog()
      return result
    },
    search: (query, place, limit) => {
      indexNew()
      return store.read(() => found(query, place, limit))
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
  return store
}
