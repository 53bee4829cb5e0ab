import { equalBytes, toHex } from '../../src/lib/bytes.ts'
import { accountIdBytes, type AccountId } from '../../src/protocol/ids.ts'
import type { Db, Tx } from '../db/schema.ts'
import type { Writer } from '../db/writer.ts'

/** A record that was parsed and whose signature was checked. */
export interface CheckedRecord {
  readonly locator: Uint8Array
  readonly publishKey: Uint8Array
  readonly revision: number
  readonly bytes: Uint8Array
}

/**
 * `older`: the store has a newer one, or another of the same revision; it is given. `foreign`: the locator belongs to another publish key.
 * `full`: no room for lists of accounts that are not at home here.
 */
export type PutList =
  | { readonly outcome: 'stored' | 'same' | 'foreign' | 'full' }
  | { readonly outcome: 'older'; readonly record: Uint8Array }

/** Sealed device lists by locator: written over HTTP by their accounts and by anyone who holds the record through the DHT. */
export interface ListStore {
  get(locator: Uint8Array): Promise<Uint8Array | undefined>
  /** Takes a record if it is newer than what is stored; never goes back. `home`: put by a device registered here. */
  put(record: CheckedRecord, options: { readonly home: boolean; readonly now: number }): Promise<PutList>
  /** The record of an account if its revision is higher than this one. */
  newerThan(account: AccountId, revision: number): Promise<Uint8Array | undefined>
  /** Forgets up to `most` lists that nobody renewed since `before`; returns how many. */
  forget(before: number, most: number): Promise<number>
}

export interface ListLimits {
  /** Lists that came by the DHT alone. */
  readonly foreignLists: number
  /** Ms without being renewed after which one of them makes way for another. */
  readonly foreignListLife: number
  /** Of one publish key, put by devices registered here. */
  readonly homeLists: number
}

/** The list store in SQL. */
export const createListStore = (db: Db, writer: Writer, limits: ListLimits): ListStore => ({
  get: async (locator) => {
    const row = await db
      .selectFrom('lists')
      .select('record')
      .where('locator', '=', locator)
      .executeTakeFirst()
    return row?.record
  },
  put: (record, { home, now }) =>
    writer.write(async (tx): Promise<PutList> => {
      await writer.lock(tx, `list ${toHex(record.locator)}`)
      const stored = await tx
        .selectFrom('lists')
        .select(['publish_key', 'revision', 'record', 'home'])
        .where('locator', '=', record.locator)
        .executeTakeFirst()
      if (!stored) {
        if (!home && !(await hasRoom(tx, limits, now))) return { outcome: 'full' }
      } else {
        if (!equalBytes(stored.publish_key, record.publishKey)) return { outcome: 'foreign' }
        if (equalBytes(stored.record, record.bytes)) {
          const renewed = home ? { home: 1, stored_at: now } : { stored_at: now }
          await tx.updateTable('lists').set(renewed).where('locator', '=', record.locator).execute()
          if (home && stored.home === 0) await keepNewest(tx, record, limits.homeLists)
          return { outcome: 'same' }
        }
        if (record.revision <= stored.revision) return { outcome: 'older', record: stored.record }
      }
      const row = {
        publish_key: record.publishKey,
        revision: record.revision,
        record: record.bytes,
        stored_at: now,
      }
      await tx
        .insertInto('lists')
        .values({ locator: record.locator, ...row, home: home ? 1 : 0 })
        .onConflict((conflict) => conflict.column('locator').doUpdateSet(home ? { ...row, home: 1 } : row))
        .execute()
      if (home && stored?.home !== 1) await keepNewest(tx, record, limits.homeLists)
      return { outcome: 'stored' }
    }),
  newerThan: async (account, revision) => {
    const row = await db
      .selectFrom('lists')
      .innerJoin('accounts', 'accounts.publish_key', 'lists.publish_key')
      .select('lists.record')
      .where('accounts.account', '=', accountIdBytes(account))
      .where('lists.revision', '>', revision)
      .orderBy('lists.revision', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.record
  },
  forget: (before, most) =>
    writer.write(async (tx) => {
      const old = await tx
        .selectFrom('lists')
        .select('locator')
        .where('home', 'in', [0, 1])
        .where('stored_at', '<', before)
        .limit(most)
        .execute()
      if (old.length === 0) return 0
      await tx
        .deleteFrom('lists')
        .where(
          'locator',
          'in',
          old.map((row) => row.locator)
        )
        .execute()
      return old.length
    }),
})

/** Whether another list may come by the DHT, if need be in place of one that nobody renews any more. */
const hasRoom = async (
  tx: Tx,
  { foreignLists, foreignListLife }: ListLimits,
  now: number
): Promise<boolean> => {
  if ((await foreignCount(tx)) < foreignLists) return true
  const old = await tx
    .selectFrom('lists')
    .select('locator')
    .where('home', '=', 0)
    .where('stored_at', '<', now - foreignListLife)
    .orderBy('stored_at')
    .limit(1)
    .executeTakeFirst()
  if (!old) return false
  await tx.deleteFrom('lists').where('locator', '=', old.locator).execute()
  return true
}

/** Deletes the oldest lists of this one's publish key beyond the number. */
const keepNewest = async (tx: Tx, { locator, publishKey }: CheckedRecord, most: number): Promise<void> => {
  const others = await tx
    .selectFrom('lists')
    .select('locator')
    .where('publish_key', '=', publishKey)
    .where('home', '=', 1)
    .where('locator', '!=', locator)
    .orderBy('stored_at', 'desc')
    .execute()
  const old = others.slice(most - 1).map((row) => row.locator)
  if (old.length > 0) await tx.deleteFrom('lists').where('locator', 'in', old).execute()
}

const foreignCount = async (tx: Tx): Promise<number> => {
  const row = await tx
    .selectFrom('lists')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('home', '=', 0)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}
