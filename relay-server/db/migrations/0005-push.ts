import type { Kysely } from 'kysely'
import { bytes, type Engine } from './column-types.ts'

/** Subscriptions at push services, and which of them have ended. */
export const push = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  const blob = bytes(engine)
  await db.schema
    .createTable('push_subscriptions')
    .addColumn('account', blob, (column) => column.notNull())
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('p256dh', blob, (column) => column.notNull())
    .addColumn('auth', blob, (column) => column.notNull())
    .addColumn('vapid_public', blob, (column) => column.notNull())
    .addColumn('vapid_private', blob, (column) => column.notNull())
    .addColumn('token', blob, (column) => column.notNull())
    .addPrimaryKeyConstraint('push_subscriptions_key', ['account', 'device'])
    .addForeignKeyConstraint(
      'push_subscriptions_device',
      ['account', 'device'],
      'devices',
      ['account', 'device'],
      (key) => key.onDelete('cascade')
    )
    .execute()
  await db.schema
    .createIndex('push_subscriptions_by_token')
    .on('push_subscriptions')
    .column('token')
    .execute()
  await db.schema
    .createTable('push_endings')
    .addColumn('account', blob, (column) => column.notNull())
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('endpoint_hash', blob, (column) => column.notNull())
    .addPrimaryKeyConstraint('push_endings_key', ['account', 'device'])
    .addForeignKeyConstraint(
      'push_endings_device',
      ['account', 'device'],
      'devices',
      ['account', 'device'],
      (key) => key.onDelete('cascade')
    )
    .execute()
}
