import { equalBytes } from '../../src/lib/bytes.ts'
import type { AccountId } from '../../src/protocol/ids.ts'
import type { DepositOutcome, DepositRequest } from './deposit.ts'

type Shown = Pick<DepositRequest, 'account' | 'keyHash' | 'listRevision'>

/**
 * Which deposits the store will take, as far as that can be said at once: those with a delivery key by which it has taken one before. For a wrong key of an
 * account that it knows, that is a comparison of some bytes more than for any other.
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

/** A delivery key by which an account was reached. */
interface Good {
  readonly keyHash: Uint8Array
  /** Ms since 1970; null: no end. */
  readonly keyEnds: number | null
  /** The oldest device list with which that was. */
  readonly listRevision: number
}

/** Of one account: while its key is replaced, some contacts have the old one still. */
const KEYS = 2

/** For a relay that alone changes its store. Remembers the `most` accounts that were reached last. */
export const createAdmission = (most: number): Admission => {
  const known = new Map<AccountId, readonly Good[]>()
  let changes = 0

  const keep = ({ account, keyHash, listRevision }: Shown, keyEnds: number | null): void => {
    const before = known.get(account) ?? []
    const same = before.find((good) => equalBytes(good.keyHash, keyHash))
    const good = {
      // A copy: the key's own bytes may be a part of a larger buffer.
      keyHash: same?.keyHash ?? new Uint8Array(keyHash),
      keyEnds,
      listRevision: Math.min(listRevision, same?.listRevision ?? listRevision),
    }
    known.delete(account)
    const [oldest] = known.keys()
    if (oldest !== undefined && known.size >= most) known.delete(oldest)
    known.set(account, [good, ...before.filter((one) => one !== same)].slice(0, KEYS))
  }
  const forget = (account: AccountId): void => {
    // Whatever is being stored now, of any account, may have been taken before the change: nothing is learnt from it.
    changes += 1
    known.delete(account)
  }

  return {
    admits: ({ account, keyHash, listRevision }, now) =>
      known
        .get(account)
        ?.some(
          (good) =>
            equalBytes(good.keyHash, keyHash) &&
            listRevision >= good.listRevision &&
            (good.keyEnds === null || good.keyEnds > now)
        ) ?? false,
    watch: (deposit) => {
      const before = changes
      return (outcome) => {
        // It came by another way than through here: as a list does that the DHT brings.
        if (outcome.kind === 'list-changed') forget(deposit.account)
        if (outcome.kind === 'done' && !outcome.request && changes === before) keep(deposit, outcome.keyEnds)
      }
    },
    forget,
  }
}
