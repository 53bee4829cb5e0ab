/**
 * Keeps the app's shell for offline use. A newer version waits until the person takes it (`SKIP_WAITING` from the update prompt); nothing
 * of anybody's messages passes here.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import type { PrecacheEntry } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: (PrecacheEntry | string)[] }

/** The relay answers these itself, at the same address. */
const RELAYS_OWN = [/^\/v1\//, /^\/p2p/, /^\/healthz/, /^\/readyz/, /^\/metrics/, /^\/admin/, /^\/join\//]

const entries = self.__WB_MANIFEST
precacheAndRoute(entries)
cleanupOutdatedCaches()
// While developing there is no list, and nothing to answer a navigation with.
if (entries.length > 0) {
  registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: RELAYS_OWN }))
}

self.addEventListener('message', (event) => {
  const data: unknown = event.data
  if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING')
    void self.skipWaiting()
})
