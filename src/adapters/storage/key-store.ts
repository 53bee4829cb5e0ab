import { own } from '../../lib/bytes.ts'
import { StorageFailure } from '../../core/ports/storage.ts'
import { newLock, unwrapWithPassphrase, wrapWithPassphrase } from './app-lock.ts'
import type { PasskeyInfo } from '../../core/domain/keeper.ts'
import { unwrapWithPasskey, wrapWithPasskey } from './passkey-lock.ts'
import { readEntry, writeEntry, type KeyEntry } from './key-entries.ts'

const seal = async (key: CryptoKey, content: Uint8Array): Promise<Pick<KeyEntry, 'iv' | 'wrapped'>> => {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, own(content))
  return { iv, wrapped: new Uint8Array(sealed) }
}

const unseal = async ({
  key,
  iv,
  wrapped,
}: Pick<KeyEntry, 'key' | 'iv' | 'wrapped'>): Promise<Uint8Array> => {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: own(iv) }, key, own(wrapped)))
  } catch (error) {
    throw new StorageFailure('damaged', error)
  }
}

const create = async (raw: Uint8Array): Promise<KeyEntry> => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  return { key, ...(await seal(key, raw)), isUsed: false }
}

/**
 * The entry of the database `name`: 32 random bytes, kept only wrapped by a non-extractable key. A new one is made only when `mayCreate` says
 * that there is no database yet: a database whose key is gone is damage that is told, never a fresh start. Throws `StorageFailure`.
 */
export const entryOf = async (name: string, mayCreate: () => Promise<boolean>): Promise<KeyEntry> => {
  const stored = await readEntry(name)
  if (stored === 'broken') throw new StorageFailure('damaged')
  if (stored) return stored
  if (!(await mayCreate())) throw new StorageFailure('damaged')
  const entry = await create(crypto.getRandomValues(new Uint8Array(32)))
  await writeEntry(name, entry)
  return entry
}

/**
 * The database's key, 32 bytes. With an app lock the passphrase is needed: undefined when it is another. Throws `StorageFailure`:
 * "damaged", and "app-locked" when there is a lock and no passphrase.
 */
export const unlockEntry = async (entry: KeyEntry, passphrase?: string): Promise<Uint8Array | undefined> => {
  const content = await unseal(entry)
  if (!entry.lock) return content
  if (passphrase === undefined) throw new StorageFailure('app-locked')
  return unwrapWithPassphrase(content, passphrase, entry.lock)
}

/** The same key behind another passphrase, or behind none: only the entry changes, the database does not. */
export const relockEntry = async (
  entry: KeyEntry,
  raw: Uint8Array,
  passphrase: string | null
): Promise<KeyEntry> => {
  const { lock: _, ...rest } = entry
  if (passphrase === null) return withoutPasskey({ ...rest, ...(await seal(entry.key, raw)) })
  const lock = newLock()
  return { ...rest, lock, ...(await seal(entry.key, await wrapWithPassphrase(raw, passphrase, lock))) }
}

/** The same key behind a passkey as well. @param secret an HKDF key */
export const addPasskeyTo = async (
  entry: KeyEntry,
  raw: Uint8Array,
  { credential, salt }: PasskeyInfo,
  secret: CryptoKey
): Promise<KeyEntry> => ({
  ...entry,
  passkey: { credential, salt, ...(await seal(entry.key, await wrapWithPasskey(raw, secret))) },
})

export const withoutPasskey = (entry: KeyEntry): KeyEntry => {
  const { passkey: _, ...rest } = entry
  return rest
}

/** The database's key by the passkey's secret; undefined when it is another's, or none is set. Throws `StorageFailure` ("damaged"). */
export const unlockWithPasskey = async (
  { key, passkey }: KeyEntry,
  secret: CryptoKey
): Promise<Uint8Array | undefined> =>
  passkey && unwrapWithPasskey(await unseal({ key, iv: passkey.iv, wrapped: passkey.wrapped }), secret)
