import { hash, randomBytes } from 'node:crypto'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { RelayLimits } from '../limits.ts'

export type RateName = keyof RelayLimits['rates']

/** Counts what strangers do. */
export interface Rates {
  /** Counts one more; returns the milliseconds to wait when that is too many, else 0. */
  take(name: RateName, key: string): Promise<number>
  close(): Promise<void>
}

/** Counts by limiters of any kind. Keys (addresses, access keys) reach them only as hashes under `secret`. */
export const ratesOf = (
  limiters: ReadonlyMap<string, Pick<RateLimiterAbstract, 'consume'>>,
  secret: string,
  close: () => Promise<void>
): Rates => ({
  take: async (name, key) => {
    const hidden = hash('sha256', `${secret} ${key}`, 'base64url').slice(0, 22)
    try {
      await limiters.get(name)?.consume(hidden)
      return 0
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext)
      throw refused
    }
  },
  close,
})

/** Counts of this process alone, in memory, under a secret of this run. */
export const createRates = (rates: RelayLimits['rates']): Rates => {
  const limiters = new Map(
    Object.entries(rates).map(([name, { points, per }]) => [
      name,
      new RateLimiterMemory({ points, duration: per / 1000 }),
    ])
  )
  return ratesOf(limiters, randomBytes(32).toString('hex'), async () => {})
}
