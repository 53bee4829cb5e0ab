import { equalBytes } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import type { Db } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'
import { takeInvite } from '../invites/invite-store.ts'

/** A device that asks to be known here; keys are 32 bytes. */
export interface NewDevice {
  readonly account: AccountId
  readonly device: DeviceId
  readonly requestKey: Uint8Array
  readonly publishKey: Uint8Array
  /** The holder of the publish key has signed that this device is to be added. */
  readonly approved: boolean
}

/** What a new account must show on a relay that is not open: the hash of an invitation code, which is used up with it. */
export interface Door {
  readonly invite: Uint8Array
  readonly now: number
}

/** Accounts and their devices, bound to the keys of their first registration. */
export interface DeviceStore {
  /**
   * The first device of an account binds its publish key. `present`: the same was there already. `refused`: the account or this device
   * belongs to other keys, or it is a further device that the publish key has not approved.
   * `uninvited`: an account that is new needs an invitation code, and this is none that is good now.
   */
  register(device: NewDevice, door?: Door): Promise<'created' | 'present' | 'refused' | 'uninvited'>
  requestKey(account: AccountId, device: DeviceId): Promise<Uint8Array | undefined>
  publishKey(account: AccountId): Promise<Uint8Array | undefined>
}

/** The device store in SQL. */
export const createDeviceStore = (db: Db, writer: Writer): DeviceStore => ({
  register: ({ account, device, requestKey, publishKey, approved }, door) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      await writer.lock(tx, `account ${account}`)
      const owner = await tx
        .selectFrom('accounts')
        .select('publish_key')
        .where('account', '=', id)
        .executeTakeFirst()
      if (!owner) {
        if (door && !(await takeInvite(tx, door.invite, door.now))) return 'uninvited'
        await tx.insertInto('accounts').values({ account: id, publish_key: publishKey }).execute()
        await tx
          .insertInto('devices')
          .values({ account: id, device, request_key: requestKey, queued_count: 0, queued_bytes: 0 })
          .execute()
        return 'created'
      }
      if (!equalBytes(owner.publish_key, publishKey)) return 'refused'
      const known = await tx
        .selectFrom('devices')
        .select('request_key')
        .where('account', '=', id)
        .where('device', '=', device)
        .executeTakeFirst()
      if (known) return equalBytes(known.request_key, requestKey) ? 'present' : 'refused'
      if (!approved) return 'refused'
      await tx
        .insertInto('devices')
        .values({ account: id, device, request_key: requestKey, queued_count: 0, queued_bytes: 0 })
        .execute()
      return 'created'
    }),
  requestKey: async (account, device) => {
    const row = await db
      .selectFrom('devices')
      .select('request_key')
      .where('account', '=', accountIdBytes(account))
      .where('device', '=', device)
      .executeTakeFirst()
    return row?.request_key
  },
  publishKey: async (account) => {
    const row = await db
      .selectFrom('accounts')
      .select('publish_key')
      .where('account', '=', accountIdBytes(account))
      .executeTakeFirst()
    return row?.publish_key
  },
})
