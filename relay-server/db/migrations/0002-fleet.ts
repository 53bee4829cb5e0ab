import type { Kysely } from 'kysely'
import { bytes, long, type Engine } from './column-types.ts'

/** Nonces that relays over one store share; invite codes of a closed relay; an index of requests that others need not keep up. */
export const fleet = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  await db.schema
    .createTable('nonces')
    .addColumn('hash', bytes(engine), (column) => column.primaryKey())
    .addColumn('expires_at', long(engine), (column) => column.notNull())
    .execute()
  await db.schema.createIndex('nonces_by_end').on('nonces').column('expires_at').execute()
  await db.schema
    .createTable('invite_codes')
    .addColumn('hash', bytes(engine), (column) => column.primaryKey())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('uses_left', 'integer', (column) => column.notNull())
    .addColumn('created_at', long(engine), (column) => column.notNull())
    .addColumn('expires_at', long(engine))
    .execute()
  await db.schema.dropIndex('envelopes_by_request').execute()
  await db.schema
    .createIndex('envelopes_by_request')
    .on('envelopes')
    .columns(['account', 'request_hash'])
    .where('request_hash', 'is not', null)
    .execute()
}
