/**
 * Keeps the app's shell for offline use, and shows notifications. A newer version waits until the person takes it (`SKIP_WAITING` from the
 * update prompt). Sessions and messages stay out of here: of a message comes what its sender sealed for a notification.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import type { PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import * as v from 'valibot'
import { ToNotifierSchema } from '../src/box/channel.ts'
import { onClick } from './clicks.ts'
import { onPush } from './push.ts'
import { onSubscriptionChange } from './renew.ts'
import { showMessage } from './show.ts'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (PrecacheEntry | string)[] }

/** The relay answers these itself, at the same address; the last lies beside the app, and is not kept for offline use. */
const NOT_THE_APP = [
  /^\/v1\//,
  /^\/p2p/,
  /^\/healthz/,
  /^\/readyz/,
  /^\/metrics/,
  /^\/admin/,
  /^\/join\//,
  /^\/licences/,
]

const entries = self.__WB_MANIFEST
precacheAndRoute(entries)
cleanupOutdatedCaches()
// While developing there is no list, and nothing to answer a navigation with.
if (entries.length > 0) {
  registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: NOT_THE_APP }))
}

self.addEventListener('message', (event) => {
  const data: unknown = event.data
  if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING')
    void self.skipWaiting()
  const asked = v.safeParse(ToNotifierSchema, data)
  // A page asks while nobody looks at it, and only the one that leads: a hidden one leads when none is looked at.
  if (asked.success) event.waitUntil(showMessage(asked.output, false))
})

self.addEventListener('push', (event) => event.waitUntil(onPush(event.data)))
self.addEventListener('notificationclick', (event) => event.waitUntil(onClick(event.notification)))
self.addEventListener('pushsubscriptionchange', (event) =>
  event.waitUntil(onSubscriptionChange(event.newSubscription))
)
