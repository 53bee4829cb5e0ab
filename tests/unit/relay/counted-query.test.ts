import { Kysely, sql, SqliteDialect } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createInsert, createLookup } from '../../../relay-server/db/counted-query.ts'
import { openNodeSqlite } from '../../../relay-server/db/node-sqlite.ts'
import type { AccountsTable, Db, Tables, Tx } from '../../../relay-server/db/schema.ts'

const texts = new Set<string>()
let db: Db
beforeAll(async () => {
  const dialect = new SqliteDialect({ database: openNodeSqlite(':memory:') })
  db = new Kysely<Tables>({ dialect, log: ({ query }) => void texts.add(query.sql) })
  await sql`create table accounts (account blob primary key, publish_key blob)`.execute(db)
})
afterAll(() => db.destroy())

const rowOf = (number: number): AccountsTable => ({
  account: Uint8Array.of(number),
  publish_key: Uint8Array.of(number, number),
})
const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => db.transaction().execute(work)

test('lists of every length are inserted and found, by few texts', async () => {
  const insert = createInsert(4, (tx, rows: readonly AccountsTable[]) =>
    tx.insertInto('accounts').values(rows).returning('account')
  )
  const find = createLookup((tx, keys: readonly Uint8Array[]) =>
    tx.selectFrom('accounts').selectAll().where('account', 'in', keys).orderBy('account')
  )
  await within(async (tx) => {
    texts.clear()
    for (let length = 0, first = 0; length <= 12; first += length++) {
      const rows = Array.from({ length }, (_, index) => rowOf(first + index))
      const keys = rows.map(({ account }) => account)
      expect((await insert(tx, rows)).map(({ account }) => account)).toEqual(keys)
      expect(await find(tx, keys)).toEqual(rows)
    }
  })
  // INSERTs of 1 to 4 rows; questions about 1, 2, 4, 8 and 16 keys; the end of the transaction.
  expect(texts.size).toBe(4 + 5 + 1)
})

test('a query with other parameters than its list is refused', async () => {
  const find = createLookup((tx, keys: readonly Uint8Array[]) =>
    tx.selectFrom('accounts').selectAll().where('account', 'in', keys).limit(7)
  )
  await expect(within((tx) => find(tx, [Uint8Array.of(1)]))).rejects.toThrow('parameters')
})
