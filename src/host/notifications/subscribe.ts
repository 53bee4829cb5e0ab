import { inTime, isMadeWith, keysOf } from '../../box/subscription.ts'
import type { NotificationSettings } from '../../core/api.ts'
import { fromBase64Url } from '../../lib/bytes.ts'
import type { PushSubscriptionKeys } from '../../protocol/relay-api.ts'

/**
 * Brings the browser's subscription to what the core wants: one made with the present key, and a new one where the core has none (it is the
 * first, or relays have said that the old one is dead). Answers it, or null where there is to be none. Throws when the browser's push service
 * does not answer, or refuses.
 */
export const bringSubscription = async (
  manager: PushManager,
  wanted: NotificationSettings
): Promise<PushSubscriptionKeys | null> => {
  const present = await manager.getSubscription()
  const { on, vapidKey, endpoint } = wanted
  const key = vapidKey === null ? undefined : fromBase64Url(vapidKey)
  if (present && on && key && endpoint !== null && isMadeWith(present, key)) return keysOf(present)
  if (present) await inTime(present.unsubscribe())
  if (!on || !key) return null
  return keysOf(await inTime(manager.subscribe({ userVisibleOnly: true, applicationServerKey: key })))
}
