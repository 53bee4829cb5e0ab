import type { Kysely } from 'kysely'
import { bytes, long, type Engine } from './column-types.ts'

/** How often a device has started, to notice a copy of it; devices that were removed, whose numbers never come back. */
export const devicesGo = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  await db.schema
    .alterTable('devices')
    .addColumn('epoch', long(engine), (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.alterTable('devices').addColumn('start', bytes(engine)).execute()
  await db.schema
    .createTable('removed_devices')
    .addColumn('account', bytes(engine), (column) =>
      column.notNull().references('accounts.account').onDelete('cascade')
    )
    .addColumn('device', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('removed_devices_key', ['account', 'device'])
    .execute()
}
