import type { Outcome } from '../../client/contract.ts'
import type { KeeperClient } from '../../client/keeper/connect-keeper.ts'

/** The keeper of the store, as the screens use it. */
export interface StoreKeeper extends KeeperClient {
  /** Removes every trace of the app from this browser and loads the page anew. */
  eraseAll(): Promise<Outcome<null>>
}
