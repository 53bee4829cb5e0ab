import { own, toHex } from '../../lib/bytes.ts'
import { StorageFailure } from '../../core/ports/storage.ts'

/** IndexedDB holds the wrapping key: it is the only browser store that keeps non-extractable CryptoKeys. */
const DATABASE = 'mepassa-keys'
const STORE = 'keys'

interface Wrapped {
  readonly key: CryptoKey
  readonly iv: Uint8Array
  readonly wrapped: Uint8Array
}

const request = <T>(pending: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    pending.onsuccess = () => resolve(pending.result)
    pending.onerror = () => reject(new StorageFailure('unavailable', pending.error))
  })

const open = async (): Promise<IDBDatabase> => {
  const opening = indexedDB.open(DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  return request(opening)
}

const isWrapped = (value: unknown): value is Wrapped =>
  typeof value === 'object' &&
  value !== null &&
  'key' in value &&
  value.key instanceof CryptoKey &&
  'iv' in value &&
  value.iv instanceof Uint8Array &&
  'wrapped' in value &&
  value.wrapped instanceof Uint8Array

const create = async (): Promise<{ entry: Wrapped; raw: Uint8Array }> => {
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const wrapped = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, raw))
  return { entry: { key, iv, wrapped }, raw }
}

/**
 * The database key of `name` as 64 hex digits: 32 random bytes, kept only wrapped by a non-extractable key. A new one is made only when
 * `mayCreate` says that there is no database yet: a database whose key is gone is damage that is told, never a fresh start.
 */
export const databaseKey = async (name: string, mayCreate: () => Promise<boolean>): Promise<string> => {
  const database = await open()
  try {
    const stored: unknown = await request(database.transaction(STORE).objectStore(STORE).get(name))
    if (isWrapped(stored)) {
      const raw = await crypto.subtle
        .decrypt({ name: 'AES-GCM', iv: own(stored.iv) }, stored.key, own(stored.wrapped))
        .catch((error: unknown) => {
          throw new StorageFailure('damaged', error)
        })
      return toHex(new Uint8Array(raw))
    }
    if (!(await mayCreate())) throw new StorageFailure('damaged')
    const { entry, raw } = await create()
    const writing = database.transaction(STORE, 'readwrite', { durability: 'strict' })
    const done = new Promise<void>((resolve, reject) => {
      writing.oncomplete = () => resolve()
      writing.onabort = () => reject(new StorageFailure('unavailable', writing.error))
    })
    writing.objectStore(STORE).put(entry, name)
    await done
    return toHex(raw)
  } finally {
    database.close()
  }
}
