/**
 * True when this worker can open sync access handles on the origin's private file system, without which nothing is kept. Private windows of
 * some browsers have the method and refuse the folder (platform-storage §4).
 */
export const hasSyncHandles = async (): Promise<boolean> => {
  if (typeof FileSystemFileHandle === 'undefined') return false
  if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) return false
  try {
    await navigator.storage.getDirectory()
    return true
  } catch {
    return false
  }
}
