import type { Store, StorageHealth } from '../../core/ports/storage.ts'
import { openBrowserDriver } from './browser-driver.ts'
import { toFailure } from './failures.ts'
import { databaseKey } from './key-store.ts'
import { createStore } from './store.ts'

/** True when the origin's private file system holds nothing of this name yet. */
const isNew = async (name: string): Promise<boolean> => {
  const root = await navigator.storage.getDirectory()
  try {
    await root.getDirectoryHandle(name)
    return false
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return true
    throw toFailure(error)
  }
}

/**
 * Opens (or makes) the database of this profile. Only in a dedicated worker, and only by the holder of the profile's lock.
 * Throws `StorageFailure`: "locked" while another worker holds the files, "damaged" when the key or the database is gone or broken,
 * "newer-version" when a newer release wrote it.
 */
export const openBrowserStore = async ({ name }: { readonly name: string }): Promise<Store> => {
  const key = await databaseKey(name, () => isNew(name))
  const driver = await openBrowserDriver({ name, keyHex: key.hex, mustExist: key.isUsed })
  try {
    const store = createStore(driver)
    if (!key.isUsed) await key.markUsed()
    return store
  } catch (error) {
    driver.close()
    throw error
  }
}

/** What the browser tells of its storage. Persistence is asked for by the window; here the answer is read. */
export const createStorageHealth = (): StorageHealth => ({
  estimate: async () => {
    try {
      const [estimate, persisted] = await Promise.all([
        navigator.storage.estimate(),
        navigator.storage.persisted(),
      ])
      const used = estimate.usage ?? null
      const available =
        estimate.quota !== undefined && used !== null ? Math.max(0, estimate.quota - used) : null
      return { used, available, persisted: persisted ? 'granted' : 'denied' }
    } catch {
      return { used: null, available: null, persisted: 'unknown' }
    }
  },
})
