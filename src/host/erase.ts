import type { KeeperClient } from '../client/keeper/connect-keeper.ts'
import type { Outcome } from '../client/contract.ts'

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
  view: Window & typeof globalThis
): Promise<Outcome<null>> => {
  const { navigator } = view
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
    ...databases.map(({ name }) => (name === undefined ? undefined : deleteDatabase(view, name))),
  ])
  view.location.replace('/')
  return wiped
}
