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

/** What the person should be told about the store, once. */
export interface StoreNews {
  readonly recovery: RecoveryReport | null
  /** Changes that were saved and are gone, because the part of the file that held them was damaged. */
  readonly missing: number
}

/** Each by its name: [argument, answer]. */
export interface KeeperCommands {
  lockState: [null, { readonly isSet: boolean }]
  /** Closes the store until `unlock`; nothing happens without an app lock. */
  lock: [null, null]
  unlock: [{ readonly passphrase: string }, null]
  /** Sets an app lock, or changes it, which needs the present passphrase. */
  setLock: [{ readonly passphrase: string; readonly current: string | null }, null]
  removeLock: [{ readonly current: string }, null]
  /** Saves what is readable of a damaged database to a fresh one and keeps the damaged files. */
  recover: [null, RecoveryReport]
  news: [null, StoreNews]
  /** The person has seen the news. */
  acknowledge: [null, null]
  /** Deletes databases and keys for good. */
  wipe: [null, null]
}
export type KeeperCommand = keyof KeeperCommands

/** Shortest passphrase of an app lock, characters. */
export const PASSPHRASE_LEAST = 6
