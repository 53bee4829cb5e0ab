/** How much may be under way at once. */
export interface Slots {
  /** Runs the task when there is room for its key. */
  run<T>(key: string, task: () => Promise<T>): Promise<T>
}

export interface SlotLimits {
  readonly total: number
  /** Of one key. */
  readonly perKey: number
  /** Of all keys together that have not proven themselves, and of one of them: they leave room for those that have. */
  readonly unproven: { readonly total: number; readonly perKey: number }
  /** Ms after a task that went wrong until its key can prove itself again. */
  readonly probation: number
}

interface Waiting {
  readonly key: string
  readonly start: () => void
}

/** Keys that are remembered as proven; of more, those that were used longest ago prove themselves again. */
const MOST_PROVEN = 1_000

/**
 * At most so many tasks at once, those of a full key not holding up others. A key proves itself by a task for which `isGood` holds of the
 * outcome: whoever only ever takes their time has a small part of the room, under however many keys.
 */
export const createSlots = (
  limits: SlotLimits,
  isGood: (outcome: unknown) => boolean,
  now: () => number
): Slots => {
  const running = new Map<string, number>()
  const proven = new Set<string>()
  const barred = new Map<string, number>()
  const waiting: Waiting[] = []
  let count = 0
  let unprovenCount = 0

  const hasRoom = (key: string): boolean => {
    const mine = running.get(key) ?? 0
    if (count >= limits.total) return false
    if (proven.has(key)) return mine < limits.perKey
    return unprovenCount < limits.unproven.total && mine < limits.unproven.perKey
  }
  /** Returns what gives the place back. */
  const take = (key: string): (() => void) => {
    const asUnproven = proven.has(key) ? 0 : 1
    count += 1
    unprovenCount += asUnproven
    running.set(key, (running.get(key) ?? 0) + 1)
    return () => {
      count -= 1
      unprovenCount -= asUnproven
      const left = (running.get(key) ?? 1) - 1
      if (left === 0) running.delete(key)
      else running.set(key, left)
    }
  }
  const judge = (key: string, good: boolean): void => {
    for (const [one, until] of barred) if (until <= now()) barred.delete(one)
    proven.delete(key)
    if (!good) barred.set(key, now() + limits.probation)
    else if (!barred.has(key)) proven.add(key)
    const [oldest] = proven
    if (proven.size > MOST_PROVEN && oldest !== undefined) proven.delete(oldest)
  }
  const startNext = (): void => {
    for (;;) {
      const next = waiting.findIndex((one) => hasRoom(one.key))
      if (next < 0) return
      for (const { start } of waiting.splice(next, 1)) start()
    }
  }
  const turn = (key: string): Promise<() => void> =>
    new Promise((resolve) => waiting.push({ key, start: () => resolve(take(key)) }))

  return {
    run: async (key, task) => {
      const leave = hasRoom(key) ? take(key) : await turn(key)
      let good = false
      try {
        const outcome = await task()
        good = isGood(outcome)
        return outcome
      } finally {
        leave()
        judge(key, good)
        startNext()
      }
    },
  }
}
