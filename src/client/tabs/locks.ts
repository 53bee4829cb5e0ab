/** The part of `navigator.locks` that is used. */
export type Locks = Pick<LockManager, 'request'>

/**
 * Waits for a lock and keeps it.
 * @param signal ends the wait
 * @param onWaiting is called when another holds it
 * @returns what releases it; undefined when the wait was ended first
 */
export const holdLock = async (
  locks: Locks,
  name: string,
  signal: AbortSignal,
  onWaiting?: () => void
): Promise<(() => void) | undefined> => {
  const held = Promise.withResolvers<(() => void) | undefined>()
  const keep = (lock: Lock | null): Promise<void> | undefined => {
    if (!lock) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    held.resolve(resolve)
    return promise
  }
  const asked = async (): Promise<void> => {
    let got = false
    await locks.request(name, { ifAvailable: true }, (lock) => {
      got = lock !== null
      return keep(lock)
    })
    if (got) return
    onWaiting?.()
    await locks.request(name, { signal }, keep)
  }
  asked().catch((error: unknown) => {
    if (signal.aborted) held.resolve(undefined)
    else held.reject(error)
  })
  return held.promise
}

/** Calls back once the present holder of a lock is gone. The function it returns ends the wait. */
export const whenReleased = (locks: Locks, name: string, callback: () => void): (() => void) => {
  const wait = new AbortController()
  locks
    .request(name, { signal: wait.signal }, () => {
      if (!wait.signal.aborted) callback()
    })
    // The end of the wait, the one way in which a request that is not stolen fails.
    .catch(() => undefined)
  return () => wait.abort()
}
