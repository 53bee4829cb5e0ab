import type { Command } from '../command.ts'
import type { CoreContext } from '../context.ts'
import {
  notificationState,
  pushQueue,
  putNotificationState,
  UNTOLD,
  type NotificationState,
} from '../jobs/notification-state.ts'
import { tellEverybody } from '../jobs/profile.ts'
import { inputError } from '../outcome.ts'
import { PushSubscriptionSchema } from '../../protocol/relay-api.ts'
import { newVapidPair } from '../../protocol/vapid.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { ok } from '../../lib/result.ts'
import * as v from 'valibot'

type Deps = Pick<CoreContext, 'store' | 'clock' | 'random' | 'own' | 'outbox' | 'upkeep' | 'background'>

const fresh = async (deps: Pick<Deps, 'random'>): Promise<NotificationState> => ({
  on: false,
  previews: true,
  root: toBase64Url(deps.random.bytes(32)),
  vapid: await newVapidPair(),
  subscription: null,
  ended: null,
  tokens: {},
  ...UNTOLD,
})

const has = (state: NotificationState | undefined): boolean => state?.on === true && state.previews

/** Turns notifications and their previews on or off; contacts are told whether to send previews. */
export const setNotifications =
  (deps: Deps): Command<'setNotifications'> =>
  async ({ on, previews }) => {
    if (!deps.own()) return inputError('no-account')
    const made = await fresh(deps)
    deps.store.transaction((tx) => {
      const before = notificationState(tx)
      const after = { ...(before ?? made), on, previews }
      // What was subscribed before is not waited for: the page looks at what the browser has.
      putNotificationState(tx, on ? after : { ...after, subscription: null, ...UNTOLD })
      if (has(before) !== has(after)) tellEverybody(tx, deps.clock.now())
    })
    deps.outbox.kickAll()
    deps.background('upkeep-failed', deps.upkeep.run)
    return ok(null)
  }

/** Takes the subscription that the page has of its browser; the home relays are told. */
export const setPushSubscription =
  (deps: Pick<Deps, 'store' | 'upkeep' | 'background'>): Command<'setPushSubscription'> =>
  async (subscription) => {
    const parsed = v.safeParse(v.nullable(PushSubscriptionSchema), subscription)
    if (!parsed.success) return inputError('malformed')
    const isNew = deps.store.transaction((tx) => {
      const state = notificationState(tx)
      const brought = parsed.output
      if (!state?.on || (brought && brought.endpoint === state.ended)) return false
      if (JSON.stringify(state.subscription) === JSON.stringify(brought)) return false
      putNotificationState(tx, { ...state, subscription: brought, ...UNTOLD })
      return true
    })
    if (isNew) deps.background('upkeep-failed', deps.upkeep.run)
    return ok(null)
  }

/** Takes this device's subscriptions back at its relays: before everything is deleted. Answers when each relay has, or does not answer. */
export const endPush =
  (deps: Pick<CoreContext, 'store' | 'relays' | 'own' | 'signer' | 'queue'>): Command<'endPush'> =>
  async () => {
    const own = deps.own()
    const state = deps.store.read(notificationState)
    if (!own || !state) return ok(null)
    // From here on no relay is told of it again; one that is being told just now forgets it after that.
    deps.store.transaction((tx) =>
      putNotificationState(tx, { ...state, on: false, subscription: null, ...UNTOLD })
    )
    await Promise.all(
      Object.keys(state.tokens).map((origin) =>
        deps.queue.run(pushQueue(origin), () => deps.relays.removePush(origin, deps.signer(own)))
      )
    )
    return ok(null)
  }
