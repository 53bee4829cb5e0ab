import type { Clock, Random } from '../ports/platform.ts'
import type { Lifetime } from '../lifetime.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { backoff } from '../../lib/backoff.ts'

/** Tries to connect to accounts, each at its own growing pace, while somebody wants it. */
export interface Attempts {
  /** Begins trying unless a try is under way; ends by itself after `MOST` tries. */
  start(account: AccountId, attempt: () => Promise<void>, done: () => boolean): void
  end(account: AccountId): void
  stop(): void
}

const PACE = { first: 3_000, most: 60_000 }
const MOST = 30

/** Makes the pacer. */
export const createAttempts = (
  deps: { readonly clock: Clock; readonly random: Random } & Pick<Lifetime, 'background'>
): Attempts => {
  const running = new Map<AccountId, { cancel: () => void }>()
  const end = (account: AccountId): void => {
    running.get(account)?.cancel()
    running.delete(account)
  }
  return {
    start: (account, attempt, done) => {
      if (running.has(account)) return
      const entry = { cancel: () => {} }
      running.set(account, entry)
      const turn = (count: number): void => {
        if (running.get(account) !== entry) return
        if (done() || count > MOST) return end(account)
        entry.cancel = deps.clock.after(backoff(PACE, count, deps.random.fraction()), () => turn(count + 1))
        deps.background('attempt-failed', attempt)
      }
      turn(1)
    },
    end,
    stop: () => {
      for (const account of [...running.keys()]) end(account)
    },
  }
}
