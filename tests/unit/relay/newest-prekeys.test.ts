import { Kysely, sql, SqliteDialect } from 'kysely'
import { expect, test } from 'vitest'
import { initial } from '../../../relay-server/db/migrations/0001-initial.ts'
import { newestPreKeys } from '../../../relay-server/db/migrations/0008-newest-prekeys.ts'
import { openNodeSqlite } from '../../../relay-server/db/node-sqlite.ts'

test('a database that has one-time prekeys already knows the newest of them', async () => {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: openNodeSqlite(':memory:') }) })
  await initial(db, 'sqlite')
  await sql`insert into accounts (account, publish_key) values (x'01', x'02')`.execute(db)
  for (const device of [1, 2]) {
    await sql`insert into devices values (x'01', ${device}, x'03', 0, 0)`.execute(db)
    await sql`insert into prekey_sets values (x'01', ${device}, x'', 1, 1, x'', x'', 1, x'', x'')`.execute(db)
  }
  for (const [kind, id] of [
    ['ec', 16_777_215],
    ['ec', 1],
    ['kyber', 7],
  ] as const)
    await sql`insert into one_time_keys (account, device, kind, key_id, public_key)
      values (x'01', 1, ${kind}, ${id}, x'')`.execute(db)

  await newestPreKeys(db, 'sqlite')
  const { rows } = await sql`select device, newest_ec, newest_kyber from prekey_sets`.execute(db)
  expect(rows).toEqual([
    { device: 1, newest_ec: 1, newest_kyber: 7 },
    { device: 2, newest_ec: null, newest_kyber: null },
  ])
  await db.destroy()
})
