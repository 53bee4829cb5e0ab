import { readBox, type Boxed } from '../src/box/box.ts'
import type { FromNotifier } from '../src/box/channel.ts'
import { inTime, isMadeWith, keysOf } from '../src/box/subscription.ts'
import { toBase64Url } from '../src/lib/bytes.ts'
import { RELAY_PATHS, type PushRenewal } from '../src/protocol/relay-api.ts'

declare const self: ServiceWorkerGlobalScope

/** A subscription in place of the one that ended; `given`: the browser has made one itself. */
const subscribeAnew = async (given: PushSubscription | null, vapidPublic: Uint8Array) => {
  if (given && isMadeWith(given, vapidPublic)) return given
  // Browsers refuse a second one with another key.
  if (given) await inTime(given.unsubscribe())
  const applicationServerKey = new Uint8Array(vapidPublic)
  return inTime(self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }))
}

const renew = async (
  given: PushSubscription | null,
  { vapidPublic, homes }: Boxed['keys']
): Promise<void> => {
  const subscription = keysOf(await subscribeAnew(given, vapidPublic))
  const tell = async (origin: string, token: Uint8Array): Promise<void> => {
    const renewal: PushRenewal = { token: toBase64Url(token), subscription }
    const body = JSON.stringify(renewal)
    await fetch(origin + RELAY_PATHS.pushRenewal, { method: 'POST', body, credentials: 'omit' })
  }
  await Promise.allSettled(homes.map(({ origin, token }) => tell(origin, token)))
}

const tellPages = async (): Promise<void> => {
  const message: FromNotifier = { type: 'subscription-changed' }
  for (const page of await self.clients.matchAll({ type: 'window', includeUncontrolled: true }))
    page.postMessage(message)
}

/**
 * The browser has ended a subscription: another takes its place, and the relays are told by the tokens of their pushes, since nothing else
 * of ours can be used here. What fails is done by a page: by one that is open at once, else at its next start, when it looks at what the
 * browser has.
 */
export const onSubscriptionChange = async (given: PushSubscription | null): Promise<void> => {
  try {
    const keys = await readBox('keys')
    if (keys) await renew(given, keys)
  } finally {
    await tellPages()
  }
}
