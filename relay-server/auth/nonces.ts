import type { AccountId, DeviceId } from '../../src/protocol/ids.ts'

/** `used`: it was seen before. `often`: the account's share is used up. `full`: the memory is full of nonces that are still good. */
export type NonceUse = 'good' | 'used' | 'often' | 'full'

/** Nonces of signed requests that were seen, for as long as the request would be good. */
export interface Nonces {
  use(
    who: { readonly account: AccountId; readonly device: DeviceId },
    nonce: string,
    now: number
  ): Promise<NonceUse>
}

export interface NonceLimits {
  readonly nonces: number
  readonly noncesPerAccount: number
}

/** Makes the memory, of nonces for `lifetime` ms each. When it is full, requests are refused: a forgotten nonce could be used again. */
export const createNonces = (limits: NonceLimits, lifetime: number): Nonces => {
  /** By insertion, which is by time. */
  const seen = new Map<string, { readonly account: AccountId; readonly at: number }>()
  const counts = new Map<AccountId, number>()

  const forget = (now: number): void => {
    for (const [key, { account, at }] of seen) {
      if (now - at <= lifetime) break
      seen.delete(key)
      const left = (counts.get(account) ?? 1) - 1
      if (left > 0) counts.set(account, left)
      else counts.delete(account)
    }
  }
  return {
    use: async ({ account, device }, nonce, now) => {
      forget(now)
      const key = `${account}.${device} ${nonce}`
      if (seen.has(key)) return 'used'
      const count = counts.get(account) ?? 0
      if (count >= limits.noncesPerAccount) return 'often'
      if (seen.size >= limits.nonces) return 'full'
      seen.set(key, { account, at: now })
      counts.set(account, count + 1)
      return 'good'
    },
  }
}
