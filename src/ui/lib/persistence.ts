/** The browser's answer when asked to keep what is stored here. */
export type Persistence = 'granted' | 'denied' | 'unknown'

/** Asks the browser to keep the store until the person deletes it. Some browsers show a question, others decide by themselves. */
export const askForPersistence = async (navigator: Navigator): Promise<Persistence> => {
  try {
    if (!('storage' in navigator) || !('persist' in navigator.storage)) return 'unknown'
    return (await navigator.storage.persist()) ? 'granted' : 'denied'
  } catch {
    return 'unknown'
  }
}

/** Calls back when the answer changes, where the browser can tell; the function it returns ends it. */
export const watchPersistence = (navigator: Navigator, onChange: () => void): (() => void) => {
  const ended = new AbortController()
  navigator.permissions.query({ name: 'persistent-storage' }).then(
    (status) => status.addEventListener('change', onChange, { signal: ended.signal }),
    () => undefined // an older browser that does not know this permission
  )
  return () => ended.abort()
}
