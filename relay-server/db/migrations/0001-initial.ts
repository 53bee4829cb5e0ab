import type { Kysely } from 'kysely'
import { bytes, identity, long, type Engine } from './column-types.ts'

/** Accounts, devices, keys, lists and mailboxes. */
export const initial = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  const blob = bytes(engine)
  const number = long(engine)
  await db.schema
    .createTable('accounts')
    .addColumn('account', blob, (column) => column.primaryKey())
    .addColumn('publish_key', blob, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('devices')
    .addColumn('account', blob, (column) =>
      column.notNull().references('accounts.account').onDelete('cascade')
    )
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('request_key', blob, (column) => column.notNull())
    .addColumn('queued_count', 'integer', (column) => column.notNull())
    .addColumn('queued_bytes', number, (column) => column.notNull())
    .addPrimaryKeyConstraint('devices_key', ['account', 'device'])
    .execute()
  await db.schema
    .createTable('prekey_sets')
    .addColumn('account', blob, (column) => column.notNull())
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('identity_key', blob, (column) => column.notNull())
    .addColumn('registration_id', 'integer', (column) => column.notNull())
    .addColumn('signed_id', number, (column) => column.notNull())
    .addColumn('signed_key', blob, (column) => column.notNull())
    .addColumn('signed_signature', blob, (column) => column.notNull())
    .addColumn('kyber_id', number, (column) => column.notNull())
    .addColumn('kyber_key', blob, (column) => column.notNull())
    .addColumn('kyber_signature', blob, (column) => column.notNull())
    .addPrimaryKeyConstraint('prekey_sets_key', ['account', 'device'])
    .addForeignKeyConstraint(
      'prekey_sets_device',
      ['account', 'device'],
      'devices',
      ['account', 'device'],
      (key) => key.onDelete('cascade')
    )
    .execute()
  await db.schema
    .createTable('one_time_keys')
    .addColumn('seq', engine === 'sqlite' ? 'integer' : number, identity(engine))
    .addColumn('account', blob, (column) => column.notNull())
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('key_id', number, (column) => column.notNull())
    .addColumn('public_key', blob, (column) => column.notNull())
    .addColumn('signature', blob)
    .addUniqueConstraint('one_time_keys_key', ['account', 'device', 'kind', 'key_id'])
    .addForeignKeyConstraint(
      'one_time_keys_device',
      ['account', 'device'],
      'devices',
      ['account', 'device'],
      (key) => key.onDelete('cascade')
    )
    .execute()
  await db.schema
    .createTable('endpoints')
    .addColumn('account', blob, (column) => column.notNull())
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('sealed', blob, (column) => column.notNull())
    .addColumn('expires_at', number, (column) => column.notNull())
    .addPrimaryKeyConstraint('endpoints_key', ['account', 'device'])
    .addForeignKeyConstraint(
      'endpoints_device',
      ['account', 'device'],
      'devices',
      ['account', 'device'],
      (key) => key.onDelete('cascade')
    )
    .execute()
  await db.schema
    .createTable('access_keys')
    .addColumn('account', blob, (column) =>
      column.notNull().references('accounts.account').onDelete('cascade')
    )
    .addColumn('hash', blob, (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('expires_at', number)
    .addPrimaryKeyConstraint('access_keys_key', ['account', 'hash'])
    .execute()
  await db.schema
    .createTable('lists')
    .addColumn('locator', blob, (column) => column.primaryKey())
    .addColumn('publish_key', blob, (column) => column.notNull())
    .addColumn('revision', number, (column) => column.notNull())
    .addColumn('record', blob, (column) => column.notNull())
    .addColumn('home', 'integer', (column) => column.notNull())
    .addColumn('stored_at', number, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('lists_by_writer').on('lists').column('publish_key').execute()
  await db.schema.createIndex('lists_by_age').on('lists').columns(['home', 'stored_at']).execute()
  await db.schema
    .createTable('envelopes')
    .addColumn('seq', engine === 'sqlite' ? 'integer' : number, identity(engine))
    .addColumn('account', blob, (column) => column.notNull())
    .addColumn('device', 'integer', (column) => column.notNull())
    .addColumn('envelope', blob, (column) => column.notNull())
    .addColumn('body', blob, (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('request_hash', blob)
    .addColumn('stored_at', number, (column) => column.notNull())
    .addColumn('expires_at', number, (column) => column.notNull())
    .addUniqueConstraint('envelopes_key', ['account', 'device', 'envelope'])
    .addForeignKeyConstraint(
      'envelopes_device',
      ['account', 'device'],
      'devices',
      ['account', 'device'],
      (key) => key.onDelete('cascade')
    )
    .execute()
  await db.schema
    .createIndex('envelopes_by_device')
    .on('envelopes')
    .columns(['account', 'device', 'seq'])
    .execute()
  await db.schema.createIndex('envelopes_by_end').on('envelopes').column('expires_at').execute()
  await db.schema
    .createIndex('envelopes_by_request')
    .on('envelopes')
    .columns(['account', 'request_hash'])
    .execute()
}
