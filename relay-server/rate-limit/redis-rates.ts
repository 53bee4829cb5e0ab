import { hash } from 'node:crypto'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { begin, connectRedis } from '../fleet/redis-link.ts'
import type { RelayLimits } from '../limits.ts'
import { limitersOf, ratesOf, type Rates } from './rates.ts'

/** Counts that all relays over one Redis share. While it is away, each counts in its own memory. */
export const createRedisRates = async (
  limits: Pick<RelayLimits, 'rates' | 'addressesPerNetwork'>,
  url: string
): Promise<Rates> => {
  const link = connectRedis(url)
  await begin(link)
  const limiters = limitersOf(limits, (name, { points, per }) => {
    const counted = { points, duration: per / 1000 }
    return new RateLimiterRedis({
      ...counted,
      storeClient: link,
      useRedisPackage: true,
      rejectIfRedisNotReady: true,
      keyPrefix: `mepassa:rate:${name}`,
      // Who has had enough is turned away without asking Redis again.
      inMemoryBlockOnConsumed: points + 1,
      insuranceLimiter: new RateLimiterMemory({ ...counted, keyPrefix: name }),
    })
  })
  // The same for all of them, and known to no one but them and Redis: its address holds the password.
  const secret = hash('sha256', `mepassa rates ${url}`)
  return ratesOf(limiters, secret, async () => link.destroy())
}
