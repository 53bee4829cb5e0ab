import { LIMITS } from './limits.ts'

/** Hybrid logical clock: `physical` in milliseconds since 1970, `logical` counts within one millisecond. */
export interface HybridClock {
  readonly physical: number
  readonly logical: number
}

/** The clock of something written here at `now`: after everything this clock has seen. */
export const tick = (now: number, local: HybridClock): HybridClock =>
  now > local.physical ? { physical: now, logical: 0 } : { physical: local.physical, logical: local.logical + 1 }

/**
 * Our clock after seeing `remote`, so that what is written next sorts after it. A remote clock more than five minutes ahead of `now`
 * is wrong and never advances ours.
 */
export const receiveClock = (now: number, local: HybridClock, remote: HybridClock): HybridClock => {
  if (remote.physical > now + LIMITS.clockSkew) return local
  return compareClock(remote, local) > 0 ? remote : local
}

/** Negative, zero or positive, as for sorting. */
export const compareClock = (a: HybridClock, b: HybridClock): number => a.physical - b.physical || a.logical - b.logical
