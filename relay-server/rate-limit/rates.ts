import { createHmac, randomBytes } from 'node:crypto'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { RelayLimits } from '../limits.ts'

export type RateName = keyof RelayLimits['rates']

/** Counts what strangers do. In memory: with several relay processes, Redis takes its place behind the same interface. */
export interface Rates {
  /** Counts one more; returns the milliseconds to wait when that is too many, else 0. */
  take(name: RateName, key: string): Promise<number>
}

/** Makes the limits. Keys (addresses, access keys) are held only as hashes under a secret of this run. */
export const createRates = (rates: RelayLimits['rates']): Rates => {
  const secret = randomBytes(32)
  const limiters = new Map(
    Object.entries(rates).map(([name, { points, per }]) => [
      name,
      new RateLimiterMemory({ points, duration: per / 1000 }),
    ])
  )
  return {
    take: async (name, key) => {
      const hidden = createHmac('sha256', secret).update(key).digest('base64url').slice(0, 22)
      try {
        await limiters.get(name)?.consume(hidden)
        return 0
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext)
        throw refused
      }
    },
  }
}
