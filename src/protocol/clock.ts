import { LIMITS } from './limits.ts'

/** Hybrid logical clock: `physical` in milliseconds since 1970, `logical` counts within one millisecond. */
export interface HybridClock {
  readonly physical: number
  readonly logical: number
}

/** The counter has 32 bits on the wire; a remote one may stand at the end of them. */
const MOST_LOGICAL = 0xffff_ffff

/** The clock of something written here at `now`: after everything this clock has seen. */
export const tick = (now: number, local: HybridClock): HybridClock => {
  if (now > local.physical) return { physical: now, logical: 0 }
  return local.logical < MOST_LOGICAL
    ? { physical: local.physical, logical: local.logical + 1 }
    : { physical: local.physical + 1, logical: 0 }
}

/** The clock right before this one. */
export const rightBefore = ({ physical, logical }: HybridClock): HybridClock =>
  logical > 0 ? { physical, logical: logical - 1 } : { physical: physical - 1, logical: MOST_LOGICAL }

/**
 * Our clock after seeing `remote`, so that what is written next sorts after it. A remote clock more than five minutes ahead of `now`
 * is wrong and never advances ours.
 */
export const receiveClock = (now: number, local: HybridClock, remote: HybridClock): HybridClock => {
  if (remote.physical > now + LIMITS.clockSkew) return local
  return compareClock(remote, local) > 0 ? remote : local
}

/** Negative, zero or positive, as for sorting. */
export const compareClock = (a: HybridClock, b: HybridClock): number =>
  a.physical - b.physical || a.logical - b.logical
