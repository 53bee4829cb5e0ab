import type { Outcome } from '../../client/contract.ts'
import type { KeeperClient } from '../../client/keeper/connect-keeper.ts'

/** The keeper of the store, as the screens use it. */
export interface StoreKeeper extends KeeperClient {
  /** Removes every trace of the app from this browser and loads the page anew. */
  eraseAll(): Promise<Outcome<null>>
  /** Whether passkeys of this browser can open an app lock; where only trying shows it, true. */
  mayUsePasskeys(): Promise<boolean>
  /** Makes a passkey that opens the app lock beside the passphrase; the browser asks the person. From a click. */
  makePasskey(current: string): Promise<Outcome<null>>
  /** Opens the app lock with the passkey that was made; the browser asks the person. From a click. */
  unlockWithPasskey(): Promise<Outcome<null>>
  removePasskey(): Promise<Outcome<null>>
}
