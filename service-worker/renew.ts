import { readBox } from '../src/box/box.ts'
import type { FromNotifier } from '../src/box/channel.ts'
import { toBase64Url } from '../src/lib/bytes.ts'
import { RELAY_PATHS, type PushRenewal } from '../src/protocol/relay-api.ts'

declare const self: ServiceWorkerGlobalScope

const keyOf = (subscription: PushSubscription, name: PushEncryptionKeyName): string =>
  toBase64Url(new Uint8Array(subscription.getKey(name) ?? new ArrayBuffer(0)))

/**
 * The browser has ended a subscription: another takes its place, and the relays are told by the tokens of their pushes, since nothing else
 * of ours can be used here. A page does it again at its next start.
 */
export const onSubscriptionChange = async (given: PushSubscription | null): Promise<void> => {
  const keys = await readBox('keys')
  if (!keys) return
  const subscription =
    given ??
    (await self.registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: new Uint8Array(keys.vapidPublic),
    }))
  const fresh = {
    endpoint: subscription.endpoint,
    p256dh: keyOf(subscription, 'p256dh'),
    auth: keyOf(subscription, 'auth'),
  }
  const tell = async (origin: string, token: Uint8Array): Promise<void> => {
    const renewal: PushRenewal = { token: toBase64Url(token), subscription: fresh }
    const body = JSON.stringify(renewal)
    await fetch(origin + RELAY_PATHS.pushRenewal, { method: 'POST', body, credentials: 'omit' })
  }
  await Promise.allSettled(keys.homes.map(({ origin, token }) => tell(origin, token)))
  const message: FromNotifier = { type: 'subscription-changed' }
  for (const page of await self.clients.matchAll({ type: 'window', includeUncontrolled: true }))
    page.postMessage(message)
}
