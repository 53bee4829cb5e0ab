/** How much may be under way at once. */
export interface Slots {
  /** Runs the task when there is room for its key. */
  run<T>(key: string, task: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly key: string
  readonly start: () => void
}

/** At most `total` tasks at once, and `perKey` of one key; those of a full key do not hold up others. */
export const createSlots = (total: number, perKey: number): Slots => {
  const running = new Map<string, number>()
  const waiting: Waiting[] = []
  let count = 0

  const hasRoom = (key: string): boolean => count < total && (running.get(key) ?? 0) < perKey
  const take = (key: string): void => {
    count += 1
    running.set(key, (running.get(key) ?? 0) + 1)
  }
  const leave = (key: string): void => {
    count -= 1
    const left = (running.get(key) ?? 1) - 1
    if (left === 0) running.delete(key)
    else running.set(key, left)
    const next = waiting.findIndex((one) => hasRoom(one.key))
    if (next >= 0) for (const { start } of waiting.splice(next, 1)) start()
  }
  return {
    run: async (key, task) => {
      if (hasRoom(key)) take(key)
      else
        await new Promise<void>((resolve) => {
          const start = (): void => {
            take(key)
            resolve()
          }
          waiting.push({ key, start })
        })
      try {
        return await task()
      } finally {
        leave(key)
      }
    },
  }
}
