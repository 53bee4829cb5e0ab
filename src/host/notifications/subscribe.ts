import type { NotificationSettings } from '../../core/api.ts'
import { fromBase64Url, toBase64Url } from '../../lib/bytes.ts'
import type { PushSubscriptionKeys } from '../../protocol/relay-api.ts'

/** Without its push service Chromium never answers. */
const PATIENCE = 30_000

const keyOf = (subscription: PushSubscription, name: PushEncryptionKeyName): string =>
  toBase64Url(new Uint8Array(subscription.getKey(name) ?? new ArrayBuffer(0)))

const keysOf = (subscription: PushSubscription): PushSubscriptionKeys => ({
  endpoint: subscription.endpoint,
  p256dh: keyOf(subscription, 'p256dh'),
  auth: keyOf(subscription, 'auth'),
})

const isMadeWith = (subscription: PushSubscription, vapidKey: string): boolean => {
  const key = subscription.options.applicationServerKey
  return key !== null && toBase64Url(new Uint8Array(key)) === vapidKey
}

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const tooLong = Promise.withResolvers<never>()
  const timer = setTimeout(() => tooLong.reject(new Error('no answer')), PATIENCE)
  try {
    return await Promise.race([work, tooLong.promise])
  } finally {
    clearTimeout(timer)
  }
}

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
  if (present && on && vapidKey !== null && endpoint !== null && isMadeWith(present, vapidKey))
    return keysOf(present)
  await present?.unsubscribe()
  const key = vapidKey === null ? undefined : fromBase64Url(vapidKey)
  if (!on || !key) return null
  return keysOf(await inTime(manager.subscribe({ userVisibleOnly: true, applicationServerKey: key })))
}
