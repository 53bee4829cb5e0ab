import { equalBytes } from '../../src/lib/bytes.ts'
import type { AccountId } from '../../src/protocol/ids.ts'
import type { DepositOutcome, DepositRequest } from './deposit.ts'

type Shown = Pick<DepositRequest, 'account' | 'keyHash' | 'listRevision'>

/**
 * Which deposits the store will take, as far as that can be said at once: those with a delivery key by which it has taken one before. To a wrong key it says
 * no as quickly for an account that it knows as for any other.
 */
export interface Admission {
  /** Whether the store would take it, but for quotas. False says nothing. */
  admits(deposit: Shown, now: number): boolean
  /** To be called before the store is asked; what it answers is told how that ended. */
  watch(deposit: Shown): (outcome: DepositOutcome) => void
  /** The keys or the device list of an account have changed. */
  forget(account: AccountId): void
}

/** Of a relay that shares its store: others change keys without its hearing of it. */
export const noAdmission: Admission = { admits: () => false, watch: () => () => {}, forget: () => {} }

/** The last delivery key by which an account was reached. */
interface Good {
  readonly keyHash: Uint8Array
  /** Ms since 1970; null: no end. */
  readonly keyEnds: number | null
  readonly listRevision: number
}

/** For a relay that alone changes its store. Remembers `most` accounts at most. */
export const createAdmission = (most: number): Admission => {
  const known = new Map<AccountId, Good>()
  let changes = 0
  return {
    admits: ({ account, keyHash, listRevision }, now) => {
      const good = known.get(account)
      if (!good || !equalBytes(good.keyHash, keyHash) || listRevision < good.listRevision) return false
      return good.keyEnds === null || good.keyEnds > now
    },
    watch: ({ account, keyHash, listRevision }) => {
      const before = changes
      return (outcome) => {
        // What changed while the store was at it may have come after it.
        if (outcome.kind !== 'done' || outcome.request || changes !== before) return
        known.delete(account)
        const [oldest] = known.keys()
        if (oldest !== undefined && known.size >= most) known.delete(oldest)
        // A copy: the key's own bytes may be a part of a larger buffer.
        known.set(account, { keyHash: new Uint8Array(keyHash), keyEnds: outcome.keyEnds, listRevision })
      }
    },
    forget: (account) => {
      changes += 1
      known.delete(account)
    },
  }
}
