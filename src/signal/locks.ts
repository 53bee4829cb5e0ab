/** Runs tasks of the same key one after the other, whatever becomes of the earlier ones. */
export type KeyedMutex = {
  readonly run: <T>(key: string, task: () => Promise<T>) => Promise<T>
}

/** A mutex per key; keys without waiting tasks take no memory. */
export const createKeyedMutex = (): KeyedMutex => {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run: async (key, task) => {
      const before = tails.get(key)
      const mine = (async () => {
        await before?.catch(() => undefined)
        return task()
      })()
      tails.set(key, mine)
      try {
        return await mine
      } finally {
        if (tails.get(key) === mine) tails.delete(key)
      }
    },
  }
}

// Keyed by the store object: two accounts in one process never meet, and a store that goes takes its locks along.
const mutexes = new WeakMap<object, KeyedMutex>()

/** The mutexes that belong to a store: one an address (spec §15). */
export const mutexOf = (store: object): KeyedMutex => {
  const known = mutexes.get(store)
  if (known) return known
  const mutex = createKeyedMutex()
  mutexes.set(store, mutex)
  return mutex
}
