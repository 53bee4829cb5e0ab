import { hash, randomBytes } from 'node:crypto'
import { RateLimiterMemory, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Rate, RelayLimits } from '../limits.ts'
import { aroundOf, networkOf } from './network-of.ts'

export type RateName = keyof RelayLimits['rates']

/** Counts what strangers do. */
export interface Rates {
  /** Counts one more, or as many as `points`; returns the milliseconds to wait when that is too many, else 0. */
  take(name: RateName, key: string, points?: number): Promise<number>
  /** The same for what comes from an IP address: it may be too much for the address, or for the network around it. */
  takeFrom(name: RateName, address: string, points?: number): Promise<number>
  close(): Promise<void>
}

const aroundName = (name: string): string => `${name}-around`

/** A limiter for each rate, and one for what a whole network may. */
export const limitersOf = <L>(
  { rates, addressesPerNetwork }: Pick<RelayLimits, 'rates' | 'addressesPerNetwork'>,
  make: (name: string, rate: Rate) => L
): ReadonlyMap<string, L> =>
  new Map(
    Object.entries(rates).flatMap(([name, { points, per }]) => [
      [name, make(name, { points, per })],
      [aroundName(name), make(aroundName(name), { points: points * addressesPerNetwork, per })],
    ])
  )

/** Counts by limiters of any kind. Keys (addresses, access keys) reach them only as hashes under `secret`. */
export const ratesOf = (
  limiters: ReadonlyMap<string, Pick<RateLimiterAbstract, 'consume'>>,
  secret: string,
  close: () => Promise<void>
): Rates => {
  const take = async (name: string, key: string, points = 1): Promise<number> => {
    const hidden = hash('sha256', `${secret} ${key}`, 'base64url').slice(0, 22)
    try {
      await limiters.get(name)?.consume(hidden, points)
      return 0
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext)
      throw refused
    }
  }
  return {
    take,
    takeFrom: async (name, address, points) => {
      const network = networkOf(address)
      // What an address is refused is not counted against its neighbours.
      return (await take(name, network, points)) || take(aroundName(name), aroundOf(network), points)
    },
    close,
  }
}

/** Counts of this process alone, in memory, under a secret of this run. */
export const createRates = (limits: Pick<RelayLimits, 'rates' | 'addressesPerNetwork'>): Rates => {
  const limiters = limitersOf(
    limits,
    (_name, { points, per }) => new RateLimiterMemory({ points, duration: per / 1000 })
  )
  return ratesOf(limiters, randomBytes(32).toString('hex'), async () => {})
}
