/** A clock that a test moves by hand. */
import type { Clock } from '../../../src/core/ports/platform.ts'

export interface HandClock extends Clock {
  /** Moves it on; what falls due on the way is called, in order. */
  pass(ms: number): void
}

export const createHandClock = (): HandClock => {
  let now = 0
  let timers: { at: number; callback: () => void }[] = []
  return {
    now: () => now,
    after: (ms, callback) => {
      const timer = { at: now + ms, callback }
      timers.push(timer)
      return () => (timers = timers.filter((one) => one !== timer))
    },
    pass: (ms) => {
      const end = now + ms
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (!next) break
        timers = timers.filter((one) => one !== next)
        now = next.at
        next.callback()
      }
      now = end
    },
  }
}
