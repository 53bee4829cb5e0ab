import { own, toHex } from '../../lib/bytes.ts'
import { StorageFailure } from '../../core/ports/storage.ts'
import { toFailure } from './failures.ts'

/** IndexedDB holds the wrapping key: it is the only browser store that keeps non-extractable CryptoKeys. */
const DATABASE = 'mepassa-keys'
const STORE = 'keys'

interface Wrapped {
  readonly key: CryptoKey
  readonly iv: Uint8Array
  readonly wrapped: Uint8Array
  readonly isUsed: boolean
}

const request = <T>(pending: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    pending.onsuccess = () => resolve(pending.result)
    pending.onerror = () => reject(toFailure(pending.error))
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
  value.wrapped instanceof Uint8Array &&
  'isUsed' in value &&
  typeof value.isUsed === 'boolean'

const create = async (): Promise<{ entry: Wrapped; raw: Uint8Array }> => {
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const wrapped = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, raw))
  return { entry: { key, iv, wrapped, isUsed: false }, raw }
}

const unwrap = async ({ key, iv, wrapped }: Wrapped): Promise<Uint8Array> => {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: own(iv) }, key, own(wrapped)))
  } catch (error) {
    throw new StorageFailure('damaged', error)
  }
}

const put = (database: IDBDatabase, name: string, entry: Wrapped): Promise<void> =>
  new Promise((resolve, reject) => {
    const writing = database.transaction(STORE, 'readwrite', { durability: 'strict' })
    writing.oncomplete = () => resolve()
    writing.onabort = () => reject(toFailure(writing.error))
    writing.objectStore(STORE).put(entry, name)
  })

/** The key of a database. */
export interface DatabaseKey {
  /** 64 hex digits. */
  readonly hex: string
  /** A database was made with it: if there is none now, it was lost. */
  readonly isUsed: boolean
  /** Notes, durably, that the database has been made. */
  markUsed(): Promise<void>
}

/**
 * The key of the database `name`: 32 random bytes, kept only wrapped by a non-extractable key. A new one is made only when `mayCreate`
 * says that there is no database yet: a database whose key is gone is damage that is told, never a fresh start. Throws `StorageFailure`.
 */
export const databaseKey = async (name: string, mayCreate: () => Promise<boolean>): Promise<DatabaseKey> => {
  const database = await open()
  try {
    const stored: unknown = await request(database.transaction(STORE).objectStore(STORE).get(name))
    if (isWrapped(stored)) return keyOf(name, stored, await unwrap(stored))
    if (stored !== undefined || !(await mayCreate())) throw new StorageFailure('damaged')
    const { entry, raw } = await create()
    await put(database, name, entry)
    return keyOf(name, entry, raw)
  } finally {
    database.close()
  }
}

const keyOf = (name: string, entry: Wrapped, raw: Uint8Array): DatabaseKey => ({
  hex: toHex(raw),
  isUsed: entry.isUsed,
  markUsed: async () => {
    const database = await open()
    try {
      await put(database, name, { ...entry, isUsed: true })
    } finally {
      database.close()
    }
  },
})
