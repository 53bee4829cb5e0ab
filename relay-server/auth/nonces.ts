import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'
import { createTally } from '../tally.ts'
import type { NonceStore } from './nonce-store.ts'

/** `used`: it was seen before. `often`: the share is used up. `full`: the memory is full of nonces that are still good. */
export type NonceUse = 'good' | 'used' | 'often' | 'full'

/** Nonces of signed requests that were seen, for as long as the request would be good. */
export interface Nonces {
  /** `share`: who it counts for. That is the account only where a key signed which the account is known to have. */
  use(
    who: { readonly account: AccountId; readonly device: DeviceId },
    nonce: string,
    now: number,
    share: string
  ): Promise<NonceUse>
}

export interface NonceLimits {
  readonly nonces: number
  readonly noncesPerAccount: number
}

/** Makes the memory, of nonces for `lifetime` ms each. When it is full, requests are refused: a forgotten nonce could be used again. */
export const createNonces = (limits: NonceLimits, lifetime: number): Nonces => {
  /** By insertion, which is by time. */
  const seen = new Map<string, { readonly share: string; readonly at: number }>()
  const counts = createTally()

  const forget = (now: number): void => {
    for (const [key, { share, at }] of seen) {
      if (now - at <= lifetime) break
      seen.delete(key)
      counts.add(share, -1)
    }
  }
  return {
    use: async ({ account, device }, nonce, now, share) => {
      forget(now)
      const key = `${account}.${device} ${nonce}`
      if (seen.has(key)) return 'used'
      if (counts.of(share) >= limits.noncesPerAccount) return 'often'
      if (seen.size >= limits.nonces) return 'full'
      seen.set(key, { share, at: now })
      counts.add(share, 1)
      return 'good'
    },
  }
}

/**
 * The same for relays that share a store: each holds accounts to their shares of what it takes itself, in memory, and takes nothing that another
 * has taken.
 */
export const createSharedNonces = (
  limits: NonceLimits,
  lifetime: number,
  store: Pick<NonceStore, 'use'>
): Nonces => {
  const own = createNonces(limits, lifetime)
  return {
    use: async (who, nonce, now, share) => {
      const use = await own.use(who, nonce, now, share)
      if (use !== 'good') return use
      return (await store.use(`${who.account}.${who.device}`, nonce, now + lifetime)) ? 'good' : 'used'
    },
  }
}
