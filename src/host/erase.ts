import { KEY_DATABASE } from '../adapters/storage/key-entries.ts'
import type { KeeperClient } from '../client/keeper/connect-keeper.ts'
import type { Outcome } from '../client/contract.ts'
import type { HostNotifier } from './notifications/create-notifier.ts'

/** Nobody who deletes everything waits for a relay for longer, ms. */
const GOODBYE = 3_000

/** Waits for this long for a database that another tab still has open; the leader has closed and deleted its own before. */
const deleteDatabase = (view: Window & typeof globalThis, name: string): Promise<void> =>
  new Promise((resolve) => {
    const deleting = view.indexedDB.deleteDatabase(name)
    // One that another tab still holds goes when that tab does.
    deleting.onsuccess = deleting.onerror = deleting.onblocked = () => resolve()
  })

/**
 * Removes every trace of the app from this browser and begins anew. The leader deletes keys and databases; then go the databases' names, the
 * caches, the service worker and what pages remember.
 */
export const eraseAll = async (
  keeper: KeeperClient,
  notifier: Pick<HostNotifier, 'end'>,
  view: Window & typeof globalThis
): Promise<Outcome<null>> => {
  const { navigator } = view
  // The push service tells the relays in time, where they cannot be told now.
  await Promise.race([
    notifier.end().catch(() => undefined),
    new Promise((resolve) => view.setTimeout(resolve, GOODBYE)),
  ])
  const wiped = await keeper.call('wipe', null)
  if (!wiped.ok) return wiped
  view.localStorage.clear()
  view.sessionStorage.clear()
  const [registrations, caches, databases] = await Promise.all([
    'serviceWorker' in navigator ? navigator.serviceWorker.getRegistrations() : [],
    view.caches.keys(),
    view.indexedDB.databases(),
  ])
  await Promise.all([
    ...registrations.map((registration) => registration.unregister()),
    ...caches.map((name) => view.caches.delete(name)),
    ...databases.map(({ name }) =>
      // The leader has deleted its keys, and made others for the empty database that it opened in place of the old one.
      name === undefined || name === KEY_DATABASE ? undefined : deleteDatabase(view, name)
    ),
  ])
  view.location.replace('/')
  return wiped
}
