import type { RecoveryReport } from '../../core/domain/keeper.ts'
import { isLockParameters, type LockParameters } from './app-lock.ts'
import { toFailure } from './failures.ts'
import { isOutline, type Outline } from './outline.ts'
import { isPasskeyEntry, type PasskeyEntry } from './passkey-lock.ts'

/** IndexedDB holds the wrapping key: it is the only browser store that keeps non-extractable CryptoKeys. */
export const KEY_DATABASE = 'mepassa-keys'
const STORE = 'keys'

/** What is kept of a database beside its files. */
export interface KeyEntry {
  /** Of this browser; cannot be taken out. */
  readonly key: CryptoKey
  readonly iv: Uint8Array
  /** The database's key, wrapped by `key`; with a lock it is wrapped by the passphrase's first. */
  readonly wrapped: Uint8Array
  /** A database was made with it: if there is none now, it was lost. */
  readonly isUsed: boolean
  readonly lock?: LockParameters
  /** Beside a lock: opens it, too. */
  readonly passkey?: PasskeyEntry
  /** Folder of the database, where it is not the name itself: after a recovery. */
  readonly folder?: string
  /** Damage was met while it was open. */
  readonly isDamaged?: boolean
  /** Folders with the files of databases that were damaged. */
  readonly kept?: readonly string[]
  /** Of the database, for when its first page is damaged. */
  readonly outline?: Outline
  /** Of the last recovery, until the person has seen it. */
  readonly report?: RecoveryReport
}

const request = <T>(pending: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    pending.onsuccess = () => resolve(pending.result)
    pending.onerror = () => reject(toFailure(pending.error))
  })

const open = async (): Promise<IDBDatabase> => {
  const opening = indexedDB.open(KEY_DATABASE, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  return request(opening)
}

const isEntry = (value: unknown): value is KeyEntry =>
  typeof value === 'object' &&
  value !== null &&
  'key' in value &&
  value.key instanceof CryptoKey &&
  'iv' in value &&
  value.iv instanceof Uint8Array &&
  'wrapped' in value &&
  value.wrapped instanceof Uint8Array &&
  'isUsed' in value &&
  typeof value.isUsed === 'boolean' &&
  (!('lock' in value) || isLockParameters(value.lock)) &&
  (!('passkey' in value) || isPasskeyEntry(value.passkey)) &&
  (!('outline' in value) || isOutline(value.outline)) &&
  (!('folder' in value) || typeof value.folder === 'string')

/** The entry of a database; undefined when there is none, "broken" when it is not what we write. */
export const readEntry = async (name: string): Promise<KeyEntry | 'broken' | undefined> => {
  const database = await open()
  try {
    const stored: unknown = await request(database.transaction(STORE).objectStore(STORE).get(name))
    return stored === undefined || isEntry(stored) ? stored : 'broken'
  } finally {
    database.close()
  }
}

/** Puts the entry, whole and durably, in the place of the one before. */
export const writeEntry = async (name: string, entry: KeyEntry): Promise<void> => {
  const database = await open()
  try {
    await new Promise<void>((resolve, reject) => {
      const writing = database.transaction(STORE, 'readwrite', { durability: 'strict' })
      writing.oncomplete = () => resolve()
      writing.onabort = () => reject(toFailure(writing.error))
      writing.objectStore(STORE).put(entry, name)
    })
  } finally {
    database.close()
  }
}

/** Deletes all keys: what they encrypt is unreadable from then on. */
export const deleteEntries = async (): Promise<void> => {
  await request(indexedDB.deleteDatabase(KEY_DATABASE))
}
