/** A database of one object store, for the little that lies beside the encrypted one. */

/** The result of a request to IndexedDB. */
export const request = <T>(pending: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    pending.onsuccess = () => resolve(pending.result)
    pending.onerror = () => reject(pending.error ?? new Error('IndexedDB failed'))
  })

/** Opened for each use: a connection that stays would hold up whoever deletes everything. */
export const withObjectStore = async <T>(
  { database: name, store }: { readonly database: string; readonly store: string },
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<T>
): Promise<T> => {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(store)
  const database = await request(opening)
  try {
    return await work(database.transaction(store, mode).objectStore(store))
  } finally {
    database.close()
  }
}
