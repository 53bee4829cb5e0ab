import type { CoreContext } from '../context.ts'
import type { OwnAccount, Tx } from '../ports/storage.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'clock' | 'queue' | 'own'>

/**
 * Signs a new revision of the own device list with these home relays and stores it, one at a time. `also` is written in the same
 * transaction. Undefined without an account.
 */
export const renewOwnList = (
  deps: Deps,
  relaysOf: (own: OwnAccount) => readonly string[],
  also: (tx: Tx, own: OwnAccount) => void = () => undefined
): Promise<OwnAccount | undefined> =>
  deps.queue.run('own-list', async () => {
    const present = deps.own()
    if (!present) return undefined
    const next = await deps.crypto.renewList(present, relaysOf(present), deps.clock.now())
    return deps.store.transaction((tx) => {
      const { listChain, listRevision, relays } = next
      // Name or keys may have changed meanwhile: only the list is taken over.
      const merged = { ...(tx.account.get() ?? present), listChain, listRevision, relays }
      tx.account.put(merged)
      also(tx, merged)
      return merged
    })
  })
