import type { Outcome } from '../api.ts'
import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { newestOwnList } from '../jobs/newest-list.ts'
import { tellList } from '../jobs/profile.ts'
import { putBehind, putStanding, putUnknown, standingOf } from '../jobs/standing.ts'
import { inputError } from '../outcome.ts'
import { err, ok } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'crypto' | 'relays' | 'clock' | 'own' | 'queue' | 'lists' | 'restart'>

/**
 * Makes this a new device of the account, in place of all others (architecture §4): keys and number of its own, no sessions; history, contacts
 * and what waits to be sent stay. Then the core starts anew, so that nothing goes on with the keys from before.
 */
export const becomeNewDevice = (deps: Deps) => (): Promise<Outcome<null>> =>
  deps.queue.run('renew-device', async () => {
    const own = deps.own()
    if (!own?.entropy) return inputError('no-account')
    const newest = await newestOwnList(deps, await deps.lists.own())
    if (!newest.ok) return newest
    const secrets = { ...own, entropy: own.entropy }
    const made = await deps.crypto.restoreAccount(secrets, newest.value, deps.clock.now())
    if (!made) return err({ kind: 'crypto', reason: 'bad-device-list' })
    deps.store.transaction((tx) => {
      tx.signal.clear()
      tx.outbox.unseal()
      made.apply(tx)
      putStanding(tx, 'renewed')
      putUnknown(tx, true)
      putBehind(tx, false)
      tellList(tx, deps.clock.now())
    })
    deps.restart()
    return ok(null)
  })

/** The person wants the account back here. Asked twice it is done once. */
export const renewDevice = (deps: Deps): Command<'renewDevice'> => {
  const become = becomeNewDevice(deps)
  return async () => (deps.store.read(standingOf) === 'removed' ? become() : ok(null))
}

/** The person has seen that the device was renewed. */
export const acknowledgeDevice =
  (deps: Pick<CoreContext, 'store'>): Command<'acknowledgeDevice'> =>
  async () => {
    deps.store.transaction((tx) => {
      if (standingOf(tx) === 'renewed') putStanding(tx, 'good')
    })
    return ok(null)
  }
