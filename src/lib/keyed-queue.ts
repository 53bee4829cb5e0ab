/** Runs the tasks of one key one after another and those of different keys side by side. */
export interface KeyedQueue {
  run<T>(key: string, task: () => Promise<T>): Promise<T>
  /** Nothing of this key runs or waits. */
  isIdle(key: string): boolean
}

/** One mutex a key, first come first served; a failed task does not stop the next. Keys without waiters hold no memory. */
export const createKeyedQueue = (): KeyedQueue => {
  const tails = new Map<string, Promise<unknown>>()
  return {
    isIdle: (key) => !tails.has(key),
    run: <T>(key: string, task: () => Promise<T>): Promise<T> => {
      const before = tails.get(key) ?? Promise.resolve()
      const result = before.then(task, task)
      const tail = result
        .catch(() => undefined)
        .then(() => {
          if (tails.get(key) === tail) tails.delete(key)
        })
      tails.set(key, tail)
      return result
    },
  }
}
