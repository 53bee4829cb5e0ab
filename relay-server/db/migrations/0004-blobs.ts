import type { Kysely } from 'kysely'
import { bytes, long, type Engine } from './column-types.ts'

/** Blobs and the tokens to upload them with; neither knows an account. The bytes themselves lie in files or at S3. */
export const blobs = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  await db.schema
    .createTable('upload_tokens')
    .addColumn('hash', bytes(engine), (column) => column.primaryKey())
    .addColumn('bytes_left', long(engine), (column) => column.notNull())
    .addColumn('expires_at', long(engine), (column) => column.notNull())
    .execute()
  await db.schema.createIndex('upload_tokens_by_end').on('upload_tokens').column('expires_at').execute()
  await db.schema
    .createTable('blobs')
    .addColumn('id', bytes(engine), (column) => column.primaryKey())
    .addColumn('size', long(engine), (column) => column.notNull())
    .addColumn('received', long(engine), (column) => column.notNull())
    .addColumn('complete', 'integer', (column) => column.notNull())
    .addColumn('expires_at', long(engine), (column) => column.notNull())
    .execute()
  await db.schema.createIndex('blobs_by_end').on('blobs').column('expires_at').execute()
}
