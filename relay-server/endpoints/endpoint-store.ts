import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import type { Db } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

export interface SealedEndpoint {
  readonly device: number
  readonly sealed: Uint8Array
}

/** Where devices are just now, sealed under a key the relay does not have. */
export interface EndpointStore {
  put(account: AccountId, device: DeviceId, sealed: Uint8Array, expiresAt: number): Promise<void>
  remove(account: AccountId, device: DeviceId): Promise<void>
  ofAccount(account: AccountId, now: number): Promise<readonly SealedEndpoint[]>
  /** Deletes those that have ended; returns how many. */
  sweep(now: number): Promise<number>
}

/** The endpoint store in SQL. */
export const createEndpointStore = (db: Db, writer: Writer): EndpointStore => ({
  put: (account, device, sealed, expiresAt) =>
    writer.write(async (tx) => {
      const values = { sealed, expires_at: expiresAt }
      await tx
        .insertInto('endpoints')
        .values({ account: accountIdBytes(account), device, ...values })
        .onConflict((conflict) => conflict.columns(['account', 'device']).doUpdateSet(values))
        .execute()
    }),
  remove: (account, device) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      await tx.deleteFrom('endpoints').where('account', '=', id).where('device', '=', device).execute()
    }),
  ofAccount: (account, now) =>
    db
      .selectFrom('endpoints')
      .select(['device', 'sealed'])
      .where('account', '=', accountIdBytes(account))
      .where('expires_at', '>', now)
      .orderBy('device')
      .execute(),
  sweep: (now) =>
    writer.write(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('endpoints')
        .where('expires_at', '<=', now)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    }),
})
