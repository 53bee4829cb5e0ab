import { StorageFailure, type Store } from '../../core/ports/storage.ts'
import { toHex } from '../../lib/bytes.ts'
import { openBrowserDriver } from './browser-driver.ts'
import { openCommitMark } from './commit-mark.ts'
import type { CommitMark } from './commits.ts'
import { outlineOf, type Outline } from './outline.ts'
import { createStore } from './store.ts'

export interface PoolToOpen {
  readonly folder: string
  /** 32 bytes. */
  readonly key: Uint8Array
  /** As `BrowserDatabase.isUsed`. */
  readonly isUsed: boolean
  /** Notes, durably, that the database was made, and where its tables begin; before that nothing is told to be kept. */
  readonly onOpened: (outline: Outline) => Promise<void>
  readonly onDamage: () => void
  /** As that of `createStore`. */
  readonly onMigrate?: () => void
}

/**
 * Opens (or makes) the database in a folder. Only in a dedicated worker, and only by the holder of the profile's lock.
 * Throws `StorageFailure`: "locked" while another worker holds the files, "damaged" when the database is broken, "newer-version" when a newer
 * release wrote it.
 */
export const openPool = async ({
  folder,
  key,
  isUsed,
  onOpened,
  onDamage,
  onMigrate,
}: PoolToOpen): Promise<Store> => {
  const driver = await openBrowserDriver({ name: folder, keyHex: toHex(key), isUsed, onDamage })
  let mark: CommitMark | undefined
  try {
    mark = await openCommitMark(folder)
    if (isUsed) {
      // All of it was in a log that is gone.
      if (driver.prepare('PRAGMA user_version').get()?.['user_version'] === 0)
        throw new StorageFailure('damaged')
    } else mark.write(0)
    const store = createStore(driver, mark, isUsed ? onMigrate : undefined)
    if (!isUsed) driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
    await onOpened(outlineOf(driver))
    return store
  } catch (error) {
    mark?.close()
    driver.close()
    throw error
  }
}
