import { equalBytes } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId, type DeviceId } from '../../src/protocol/ids.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import type { Db, DevicesTable, Tx } from '../db/schema.ts'
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
  /** Which start of the device this is; one that does not say is never taken for a copy. */
  readonly start?: DeviceStart
}

/** `count` goes up with each start of a device, before anything else of that start is done; `id` (16 bytes) names the start. */
export interface DeviceStart {
  readonly count: number
  readonly id: Uint8Array
}

/** What a new account must show on a relay that is not open: the hash of an invitation code, which is used up with it. */
export interface Door {
  readonly invite: Uint8Array
  readonly now: number
}

export type Registered = 'created' | 'present' | 'refused' | 'uninvited' | 'behind' | 'removed' | 'full'

/** Accounts and their devices, bound to the keys of their first registration. */
export interface DeviceStore {
  /**
   * The first device of an account binds its publish key. `present`: the same was there already. `refused`: the account or this device
   * belongs to other keys, or it is a further device that the publish key has not approved.
   * `uninvited`: an account that is new needs an invitation code, and this is none that is good now.
   * `behind`: the device has started as often before, and it was another start: this is an older copy of it.
   * `removed`: the device was removed; its number never comes back. `full`: the account has as many devices as it may have.
   */
  register(device: NewDevice, door?: Door): Promise<Registered>
  /** Forgets a device with all that waits for it, for good; false when there is none. */
  remove(account: AccountId, device: DeviceId): Promise<boolean>
  requestKey(account: AccountId, device: DeviceId): Promise<Uint8Array | undefined>
  publishKey(account: AccountId): Promise<Uint8Array | undefined>
}

/** The device store in SQL. */
export const createDeviceStore = (db: Db, writer: Writer): DeviceStore => ({
  register: ({ account, device, requestKey, publishKey, approved, start }, door) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      await writer.lock(tx, `account ${account}`)
      const owner = await tx
        .selectFrom('accounts')
        .select('publish_key')
        .where('account', '=', id)
        .executeTakeFirst()
      const row = newRow(id, device, requestKey, start)
      if (!owner) {
        if (door && !(await takeInvite(tx, door.invite, door.now))) return 'uninvited'
        await tx.insertInto('accounts').values({ account: id, publish_key: publishKey }).execute()
        await tx.insertInto('devices').values(row).execute()
        return 'created'
      }
      if (!equalBytes(owner.publish_key, publishKey)) return 'refused'
      const known = await tx
        .selectFrom('devices')
        .select(['request_key', 'epoch', 'start'])
        .where('account', '=', id)
        .where('device', '=', device)
        .executeTakeFirst()
      if (known) {
        if (!equalBytes(known.request_key, requestKey)) return 'refused'
        return start ? begin(tx, row, known) : 'present'
      }
      if (await isRemoved(tx, id, device)) return 'removed'
      if (!approved) return 'refused'
      if ((await countOf(tx, id)) >= LIMITS.devices) return 'full'
      await tx.insertInto('devices').values(row).execute()
      return 'created'
    }),
  remove: (account, device) =>
    writer.write(async (tx) => {
      const id = accountIdBytes(account)
      await writer.lock(tx, `account ${account}`)
      const gone = await tx
        .deleteFrom('devices')
        .where('account', '=', id)
        .where('device', '=', device)
        .executeTakeFirst()
      if (gone.numDeletedRows === 0n) return false
      await tx.insertInto('removed_devices').values({ account: id, device }).execute()
      return true
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

const countOf = async (tx: Tx, account: Uint8Array): Promise<number> => {
  const { count } = await tx
    .selectFrom('devices')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .executeTakeFirstOrThrow()
  return Number(count)
}

const newRow = (
  account: Uint8Array,
  device: number,
  requestKey: Uint8Array,
  start?: DeviceStart
): DevicesTable => ({
  account,
  device,
  request_key: requestKey,
  queued_count: 0,
  queued_bytes: 0,
  epoch: start?.count ?? 0,
  start: start?.id ?? null,
})

/** Notes a device's start, unless another start was there already that had counted as far. */
const begin = async (
  tx: Tx,
  { account, device, epoch, start }: DevicesTable,
  known: Pick<DevicesTable, 'epoch' | 'start'>
): Promise<Registered> => {
  const isSame = epoch === known.epoch && start && known.start && equalBytes(start, known.start)
  if (isSame) return 'present'
  if (epoch <= known.epoch) return 'behind'
  await tx
    .updateTable('devices')
    .set({ epoch, start })
    .where('account', '=', account)
    .where('device', '=', device)
    .execute()
  return 'present'
}

const isRemoved = async (tx: Tx, account: Uint8Array, device: number): Promise<boolean> =>
  (await tx
    .selectFrom('removed_devices')
    .select('device')
    .where('account', '=', account)
    .where('device', '=', device)
    .executeTakeFirst()) !== undefined
