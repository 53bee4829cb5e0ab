/** A keeper of the store that plays a part, for tests and pictures of the screens alone. */
import type { KeptFiles, StoreNews } from '../../src/core/domain/keeper.ts'
import { err, ok } from '../../src/lib/result.ts'
import type { StoreKeeper } from '../../src/ui/lib/keeper.ts'

/** Its passphrase, where a lock is set. */
export const PASSPHRASE = 'correct horse'

const ID = new Uint8Array(32)

export interface KeeperScript {
  readonly isSet?: boolean
  readonly news?: StoreNews
  readonly kept?: readonly KeptFiles[]
  /** A passkey opens the lock, too; null: this browser has none. */
  readonly passkey?: boolean | null
}

/** Makes it; it knows nothing else. */
export const createScriptedKeeper = ({
  isSet = false,
  news,
  kept = [],
  passkey = false,
}: KeeperScript = {}): StoreKeeper => {
  let hasLock = isSet
  const answers: Record<string, (argument: { passphrase?: string; current?: string | null }) => unknown> = {
    lockState: () => ok({ isSet: hasLock, passkey: passkey ? { credential: ID, salt: ID } : null }),
    news: () => ok(news ?? { recovery: null, missing: 0 }),
    keptFiles: () => ok(kept),
    unlock: ({ passphrase }) =>
      passphrase === PASSPHRASE ? ok(null) : err({ kind: 'input', reason: 'wrong-passphrase' }),
    setLock: () => {
      hasLock = true
      return ok(null)
    },
    recover: () => err({ kind: 'storage', reason: 'full' }),
  }
  return {
    call: async (name, argument: object | null) => (answers[name]?.(argument ?? {}) ?? ok(null)) as never,
    eraseAll: async () => err({ kind: 'storage', reason: 'unavailable' }),
    mayUsePasskeys: async () => passkey !== null,
    makePasskey: async () => err({ kind: 'input', reason: 'passkey-unsupported' }),
    unlockWithPasskey: async () => err({ kind: 'input', reason: 'passkey-unanswered' }),
    removePasskey: async () => ok(null),
  }
}
