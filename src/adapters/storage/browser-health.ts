import type { StorageHealth } from '../../core/ports/storage.ts'
import { openSyncFile } from './sync-file.ts'

/** Exists only while room is tried for. */
const PROBE = 'mepassa-room'

/**
 * Whether so many bytes can still be had: asked by making a file of that size, which takes them from the quota without writing them. What
 * browsers say of it is not to be relied on: Chromium tells most origins that ten gibibytes are left, whatever is.
 */
const canHave = async (bytes: number): Promise<boolean> => {
  const root = await navigator.storage.getDirectory()
  try {
    const file = await openSyncFile(await root.getFileHandle(PROBE, { create: true }))
    try {
      file.truncate(bytes)
    } finally {
      file.close()
    }
    return true
  } catch (error) {
    return !(error instanceof DOMException && error.name === 'QuotaExceededError')
  } finally {
    await root.removeEntry(PROBE).catch(() => undefined)
  }
}

/** What the browser tells of its storage. Persistence is asked for by the window; here the answer is read. Only in a dedicated worker. */
export const createStorageHealth = (): StorageHealth => ({
  estimate: async (wanted) => {
    try {
      const [estimate, persisted, hasRoom] = await Promise.all([
        navigator.storage.estimate(),
        navigator.storage.persisted(),
        wanted === undefined || canHave(wanted),
      ])
      const used = estimate.usage ?? null
      const told = estimate.quota !== undefined && used !== null ? Math.max(0, estimate.quota - used) : null
      const available = hasRoom ? told : Math.min(told ?? Infinity, (wanted ?? 0) - 1)
      return { used, available, persisted: persisted ? 'granted' : 'denied' }
    } catch {
      return { used: null, available: null, persisted: 'unknown' }
    }
  },
})
