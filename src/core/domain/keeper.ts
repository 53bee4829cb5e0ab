/** The keeper of the local store: what can be asked of it also while the store is locked, damaged or gone. */

/** What a recovery saved from a damaged database. */
export interface RecoveryReport {
  readonly messages: number
  readonly contacts: number
  /** Messages that could not be read. */
  readonly lostMessages: number
  /** Rows of everything else that could not be read, such as connection state; at least so many. */
  readonly lostOthers: number
  /** Name of the folder with the damaged files, which are kept. */
  readonly keptFolder: string
}

/** The files of a database that was damaged, as recovery left them: encrypted, with the key that this browser has. */
export interface KeptFiles {
  /** Name of their folder. */
  readonly folder: string
  /** Bytes, all together. */
  readonly size: number
  /** When they were last written to, ms since 1970. */
  readonly at: number
}

/** What the person should be told about the store, once. */
export interface StoreNews {
  readonly recovery: RecoveryReport | null
  /** Changes that were saved and are gone, because the part of the file that held them was damaged. */
  readonly missing: number
}

/** How a passkey is found and asked: nothing of it is secret. */
export interface PasskeyInfo {
  /** Id of the credential, as the browser gave it. */
  readonly credential: Uint8Array
  /** What the passkey's own secret function is asked for, 32 bytes. */
  readonly salt: Uint8Array
}

/** Each by its name: [argument, answer]. */
export interface KeeperCommands {
  /** `passkey`: opens the lock, too. */
  lockState: [null, { readonly isSet: boolean; readonly passkey: PasskeyInfo | null }]
  /** Closes the store until `unlock`; nothing happens without an app lock. */
  lock: [null, null]
  unlock: [{ readonly passphrase: string }, null]
  /** Sets an app lock, or changes it, which needs the present passphrase. */
  setLock: [{ readonly passphrase: string; readonly current: string | null }, null]
  /** Opens with what the passkey answered: an HKDF key that cannot be read. */
  unlockWithPasskey: [{ readonly secret: CryptoKey }, null]
  /** Lets a passkey open the lock beside the passphrase, in place of the one before. */
  addPasskey: [PasskeyInfo & { readonly secret: CryptoKey; readonly current: string }, null]
  removePasskey: [null, null]
  /** Removes the passkey, too. */
  removeLock: [{ readonly current: string }, null]
  /** Saves what is readable of a damaged database to a fresh one and keeps the damaged files. */
  recover: [null, RecoveryReport]
  /** Files of damaged databases that are still there, newest first. */
  keptFiles: [null, readonly KeptFiles[]]
  /** Deletes them for good; nothing happens when they are gone. */
  deleteKept: [{ readonly folder: string }, null]
  news: [null, StoreNews]
  /** The person has seen the news. */
  acknowledge: [null, null]
  /** Deletes databases and keys for good. */
  wipe: [null, null]
}
export type KeeperCommand = keyof KeeperCommands

/** Shortest passphrase of an app lock, characters. */
export const APP_LOCK_PASSPHRASE_MIN_LENGTH = 6

/** Folder of the private file system where encrypted files lie until the browser has downloaded them; nothing of the store is in it. */
export const WAITING_DOWNLOADS = 'mepassa-downloads'
