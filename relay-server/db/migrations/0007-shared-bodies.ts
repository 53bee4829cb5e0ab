import { sql, type Kysely } from 'kysely'
import { bytes, long, type Engine } from './column-types.ts'

/** What a message for many has in common is kept once; envelopes name it, and hold the rest. */
export const sharedBodies = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  await db.schema
    .createTable('shared_bodies')
    .addColumn('id', bytes(engine), (column) => column.primaryKey())
    .addColumn('body', bytes(engine), (column) => column.notNull())
    .addColumn('expires_at', long(engine), (column) => column.notNull())
    .execute()
  await db.schema.alterTable('envelopes').addColumn('shared', bytes(engine)).execute()
  await db.schema
    .createIndex('envelopes_by_shared')
    .on('envelopes')
    .column('shared')
    .where(sql.ref('shared'), 'is not', null)
    .execute()
}
