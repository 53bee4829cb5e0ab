import { sql, type Kysely } from 'kysely'
import { long, type Engine } from './column-types.ts'

/** How far the ids of a device's one-time keys have come, so that none comes back that was given. */
export const newestPreKeys = async (db: Kysely<unknown>, engine: Engine): Promise<void> => {
  for (const kind of ['ec', 'kyber']) {
    const column = `newest_${kind}`
    await db.schema.alterTable('prekey_sets').addColumn(column, long(engine)).execute()
    await sql`
      update prekey_sets set ${sql.ref(column)} = (
        select key_id from one_time_keys
        where one_time_keys.account = prekey_sets.account
          and one_time_keys.device = prekey_sets.device
          and one_time_keys.kind = ${kind}
        order by seq desc limit 1
      )`.execute(db)
  }
}
