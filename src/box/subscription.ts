/** A browser's subscription at its push service, as pages and the service worker tell relays of it. */
import { equalBytes, toBase64Url } from '../lib/bytes.ts'
import type { PushSubscriptionKeys } from '../protocol/relay-api.ts'

/** Ms. Without its push service a browser may never answer. */
const PATIENCE = 30_000

/** What the browser's push manager answers; throws when it doesn't in half a minute. */
export const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const tooLong = Promise.withResolvers<never>()
  const timer = setTimeout(() => tooLong.reject(new Error('no answer')), PATIENCE)
  try {
    return await Promise.race([work, tooLong.promise])
  } finally {
    clearTimeout(timer)
  }
}

const keyOf = (subscription: PushSubscription, name: PushEncryptionKeyName): string =>
  toBase64Url(new Uint8Array(subscription.getKey(name) ?? new ArrayBuffer(0)))

/** Its address and the keys that its pushes are encrypted for. */
export const keysOf = (subscription: PushSubscription): PushSubscriptionKeys => ({
  endpoint: subscription.endpoint,
  p256dh: keyOf(subscription, 'p256dh'),
  auth: keyOf(subscription, 'auth'),
})

/** Whether pushes signed with this VAPID key (P-256 point, 65 bytes) reach it. */
export const isMadeWith = (subscription: PushSubscription, vapidKey: Uint8Array): boolean => {
  const key = subscription.options.applicationServerKey
  return key !== null && equalBytes(new Uint8Array(key), vapidKey)
}
