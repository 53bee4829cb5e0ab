import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import { addLeftRelay, removeLeftRelay } from '../jobs/left-relays.ts'
import { changeVapid } from '../jobs/notification-state.ts'
import { tellList } from '../jobs/profile.ts'
import { toMe } from '../me.ts'
import { inputError } from '../outcome.ts'
import type { OwnAccount, Tx } from '../ports/storage.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { newVapidPair } from '../../protocol/vapid.ts'
import { parseRelayAddress } from '../../protocol/relay-origin.ts'
import { ok } from '../../lib/result.ts'
import { renewOwnList } from './own-list.ts'

type Deps = Pick<
  CoreContext,
  'store' | 'crypto' | 'clock' | 'queue' | 'own' | 'upkeep' | 'outbox' | 'paths' | 'background'
>

const change = async (
  deps: Deps,
  relays: readonly string[],
  also: (tx: Tx) => void
): Promise<OwnAccount | undefined> => {
  const own = await renewOwnList(
    deps,
    () => relays,
    (tx) => {
      also(tx)
      tellList(tx, deps.clock.now())
    }
  )
  if (!own) return undefined
  deps.outbox.kickAll()
  deps.background('upkeep-failed', async () => {
    await deps.upkeep.run()
    await deps.paths.publish()
  })
  return own
}

/**
 * Takes a further relay as a home. It has to be there, and it has all that others need of us before the first of them learns of it.
 */
export const addRelay =
  (deps: Deps): Command<'addRelay'> =>
  async ({ address }) => {
    const own = deps.own()
    if (!own) return inputError('no-account')
    const origin = parseRelayAddress(address)
    if (!origin) return inputError('relay-malformed')
    if (own.relays.includes(origin)) return ok(toMe(own))
    if (own.relays.length >= LIMITS.relays) return inputError('relays-full')
    const joined = await deps.upkeep.join(origin)
    if (!joined.ok) return joined
    const next = await change(deps, [...own.relays, origin], (tx) => removeLeftRelay(tx, origin))
    return next ? ok(toMe(next)) : inputError('no-account')
  }

/**
 * Leaves a relay. For as long as mail may lie there it is fetched, and the relay sends whoever still writes there on to the others.
 */
export const removeRelay =
  (deps: Deps): Command<'removeRelay'> =>
  async ({ origin }) => {
    const own = deps.own()
    if (!own) return inputError('no-account')
    if (!own.relays.includes(origin)) return ok(toMe(own))
    if (own.relays.length === 1) return inputError('relay-last')
    const until = deps.clock.now() + LIMITS.mailboxTtl
    const rest = own.relays.filter((relay) => relay !== origin)
    const vapid = await newVapidPair()
    const next = await change(deps, rest, (tx) => {
      addLeftRelay(tx, { origin, until })
      // It knows the pair that signs pushes to this device.
      changeVapid(tx, vapid)
    })
    return next ? ok(toMe(next)) : inputError('no-account')
  }
