import type { NetworkError } from '../domain/errors.ts'
import type { CoreContext } from '../context.ts'
import {
  notificationState,
  pushQueue,
  putNotificationState,
  UNTOLD,
  type NotificationState,
} from '../jobs/notification-state.ts'
import type { OwnAccount } from '../ports/storage.ts'
import { toBase64Url } from '../../lib/bytes.ts'
import { ok, type Result } from '../../lib/result.ts'

type Deps = Pick<CoreContext, 'store' | 'relays' | 'random' | 'clock' | 'signer' | 'queue'>
type Step = Promise<Result<null, NetworkError>>

/** A relay is told again now and then: it may have given the subscription up meanwhile, and only then can say so. */
const TELL_AGAIN = 6 * 60 * 60 * 1000

type Said = keyof typeof UNTOLD
const without = (origins: readonly string[], origin: string): string[] =>
  origins.filter((one) => one !== origin)

/** Home relays and this device's subscription. Every step can be repeated. */
export interface PushHomes {
  /** Tells a relay of the subscription, or that there is none any more. */
  tell(origin: string, own: OwnAccount): Step
  /** Takes it back at a relay that we leave. */
  end(origin: string, own: OwnAccount): Step
}

/** Makes the steps. */
export const createPushHomes = ({ store, relays, random, clock, signer, queue }: Deps): PushHomes => {
  const told = new Map<string, { readonly what: string; readonly at: number }>()

  const change = (work: (state: NotificationState) => NotificationState): void =>
    store.transaction((tx) => {
      const state = notificationState(tx)
      if (state) putNotificationState(tx, work(state))
    })

  const end = async (origin: string, own: OwnAccount): Step => {
    const state = store.read(notificationState)
    if (state?.tokens[origin] === undefined) return ok(null)
    const gone = await relays.removePush(origin, signer(own))
    if (!gone.ok && gone.error.reason !== 'not-found') return gone
    told.delete(origin)
    change(({ tokens: { [origin]: _, ...tokens }, ...rest }) => ({
      ...rest,
      tokens,
      told: without(rest.told, origin),
      refused: without(rest.refused, origin),
    }))
    return ok(null)
  }

  /** The token is durable, and with the service worker, before a push can carry it. */
  const tokenFor = (origin: string, state: NotificationState): string => {
    const known = state.tokens[origin]
    if (known !== undefined) return known
    const token = toBase64Url(random.bytes(32))
    change((present) => ({ ...present, tokens: { ...present.tokens, [origin]: token } }))
    return token
  }

  const tell = async (origin: string, own: OwnAccount): Step => {
    const state = store.read(notificationState)
    if (!state?.on) return end(origin, own)
    const { subscription, vapid } = state
    if (!subscription) return ok(null)
    const registration = { subscription, vapid, token: tokenFor(origin, state) }
    const what = JSON.stringify(registration)
    const before = told.get(origin)
    const isSaid = before?.what === what && (state.told.includes(origin) || state.refused.includes(origin))
    if (isSaid && before.at > clock.now() - TELL_AGAIN) return ok(null)
    const put = await relays.putPush(origin, signer(own), registration)
    // A relay of an earlier version knows no push; one that refuses will go on doing so. Neither keeps the rest from working.
    if (!put.ok && put.error.reason !== 'not-found' && put.error.reason !== 'refused') return put
    const said = put.ok ? put.value : 'refused'
    if (said !== 'ended') told.set(origin, { what, at: clock.now() })
    change((present) => {
      if (present.subscription?.endpoint !== subscription.endpoint) return present
      if (said === 'ended') return { ...present, subscription: null, ended: subscription.endpoint, ...UNTOLD }
      const others = { told: without(present.told, origin), refused: without(present.refused, origin) }
      const list: Said = said === 'stored' ? 'told' : 'refused'
      return { ...present, ...others, [list]: [...others[list], origin] }
    })
    return ok(null)
  }

  return {
    tell: (origin, own) => queue.run(pushQueue(origin), () => tell(origin, own)),
    end: (origin, own) => queue.run(pushQueue(origin), () => end(origin, own)),
  }
}
