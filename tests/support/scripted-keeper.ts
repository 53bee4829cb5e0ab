/** A keeper of the store that plays a part, for tests and pictures of the screens alone. */
import type { StoreNews } from '../../src/core/domain/keeper.ts'
import { err, ok } from '../../src/lib/result.ts'
import type { StoreKeeper } from '../../src/ui/lib/keeper.ts'

/** Its passphrase, where a lock is set. */
export const PASSPHRASE = 'correct horse'

export interface KeeperScript {
  readonly isSet?: boolean
  readonly news?: StoreNews
}

/** Makes it; it knows nothing else. */
export const createScriptedKeeper = ({ isSet = false, news }: KeeperScript = {}): StoreKeeper => {
  let hasLock = isSet
  const answers: Record<string, (argument: { passphrase?: string; current?: string | null }) => unknown> = {
    lockState: () => ok({ isSet: hasLock }),
    news: () => ok(news ?? { recovery: null, missing: 0 }),
    unlock: ({ passphrase }) =>
      passphrase === PASSPHRASE ? ok(null) : err({ kind: 'input', reason: 'wrong-passphrase' }),
    setLock: () => {
      hasLock = true
      return ok(null)
    },
    recover: () => err({ kind: 'storage', reason: 'full' }),
  }
  return {
    call: async (name, argument) => (answers[name]?.(argument ?? {}) ?? ok(null)) as never,
    eraseAll: async () => err({ kind: 'storage', reason: 'unavailable' }),
  }
}
