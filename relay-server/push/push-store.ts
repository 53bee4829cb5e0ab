import { utf8 } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import { sha256 } from '../../src/protocol/sha256.ts'
import type { Db } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

/** Where a browser is reached: the address at its push service, and the keys its pushes are encrypted for. */
export interface PushTarget {
  readonly endpoint: string
  /** P-256 point, 65 bytes. */
  readonly p256dh: Uint8Array
  /** 16 bytes. */
  readonly auth: Uint8Array
}

/** A device's subscription with what this relay needs to push to it. */
export interface PushSubscription extends PushTarget {
  /** P-256 pair of the device: 65 and 32 bytes. */
  readonly vapidPublic: Uint8Array
  readonly vapidPrivate: Uint8Array
  /** 32 bytes: goes with every push. */
  readonly token: Uint8Array
}

/** Subscriptions of devices, one each. */
export interface PushStore {
  /** Puts it in place of the device's old one. `ended`: its push service has given up this very endpoint. */
  put(account: AccountId, device: DeviceId, subscription: PushSubscription): Promise<'stored' | 'ended'>
  /** Whether a subscription has this token. */
  knows(token: Uint8Array): Promise<boolean>
  /** Puts a new target in place of that of the subscription with this token; false if there is none. */
  renew(token: Uint8Array, target: PushTarget): Promise<boolean>
  remove(account: AccountId, device: DeviceId): Promise<void>
  /** Removes the subscriptions of an account's other devices. */
  keepOnly(account: AccountId, devices: readonly DeviceId[]): Promise<void>
  of(account: AccountId, device: DeviceId): Promise<PushSubscription | undefined>
  /**
   * Removes the subscription's target if it is still at this endpoint, and remembers that this endpoint is of no use. The token stays good:
   * browsers may make a new subscription while no page is open, and hear of the end later than the relay.
   */
  end(account: AccountId, device: DeviceId, endpoint: string): Promise<void>
}

/** The target of a subscription that has ended. */
const NOWHERE: PushTarget = { endpoint: '', p256dh: new Uint8Array(), auth: new Uint8Array() }

const hashOf = (endpoint: string): Uint8Array => sha256(utf8(endpoint))

/** Whether a push service has given up this very endpoint of the device. */
const hasEnded = async (db: Db, account: Uint8Array, device: number, endpoint: string): Promise<boolean> => {
  const ending = await db
    .selectFrom('push_endings')
    .select('device')
    .where('account', '=', account)
    .where('device', '=', device)
    .where('endpoint_hash', '=', hashOf(endpoint))
    .executeTakeFirst()
  return ending !== undefined
}

/** The push store in SQL. */
export const createPushStore = (db: Db, writer: Writer): PushStore => ({
  put: (account, device, subscription) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      const { endpoint, p256dh, auth, vapidPublic, vapidPrivate, token } = subscription
      if (await hasEnded(tx, id, device, endpoint)) return 'ended'
      const values = { endpoint, p256dh, auth, vapid_public: vapidPublic, vapid_private: vapidPrivate, token }
      await tx
        .insertInto('push_subscriptions')
        .values({ account: id, device, ...values })
        .onConflict((conflict) => conflict.columns(['account', 'device']).doUpdateSet(values))
        .execute()
      return 'stored'
    }),
  knows: async (token) => {
    const row = await db
      .selectFrom('push_subscriptions')
      .select('device')
      .where('token', '=', token)
      .executeTakeFirst()
    return row !== undefined
  },
  renew: (token, { endpoint, p256dh, auth }) =>
    writer.write(async (tx) => {
      const row = await tx
        .selectFrom('push_subscriptions')
        .select(['account', 'device'])
        .where('token', '=', token)
        .executeTakeFirst()
      if (!row || (await hasEnded(tx, row.account, row.device, endpoint))) return false
      // Another relay may have removed it meanwhile.
      const { numUpdatedRows } = await tx
        .updateTable('push_subscriptions')
        .set({ endpoint, p256dh, auth })
        .where('token', '=', token)
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows) > 0
    }),
  remove: (account, device) =>
    writer.write(async (tx) => {
      await tx
        .deleteFrom('push_subscriptions')
        .where('account', '=', accountIdBytes(account))
        .where('device', '=', device)
        .execute()
    }),
  keepOnly: (account, devices) =>
    writer.write(async (tx) => {
      await tx
        .deleteFrom('push_subscriptions')
        .where('account', '=', accountIdBytes(account))
        .where('device', 'not in', [...devices])
        .execute()
    }),
  of: async (account, device) => {
    const row = await db
      .selectFrom('push_subscriptions')
      .selectAll()
      .where('account', '=', accountIdBytes(account))
      .where('device', '=', device)
      .where('endpoint', '<>', NOWHERE.endpoint)
      .executeTakeFirst()
    if (!row) return undefined
    const { endpoint, p256dh, auth, vapid_public, vapid_private, token } = row
    return { endpoint, p256dh, auth, vapidPublic: vapid_public, vapidPrivate: vapid_private, token }
  },
  end: (account, device, endpoint) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      const { numUpdatedRows } = await tx
        .updateTable('push_subscriptions')
        .set({ ...NOWHERE })
        .where('account', '=', id)
        .where('device', '=', device)
        .where('endpoint', '=', endpoint)
        .executeTakeFirstOrThrow()
      if (Number(numUpdatedRows) === 0) return
      const values = { endpoint_hash: hashOf(endpoint) }
      await tx
        .insertInto('push_endings')
        .values({ account: id, device, ...values })
        .onConflict((conflict) => conflict.columns(['account', 'device']).doUpdateSet(values))
        .execute()
    }),
})
