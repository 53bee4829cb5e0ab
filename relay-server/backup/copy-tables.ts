import { sql } from 'kysely'
import type { Db, Queries, Tables, Tx } from '../db/schema.ts'

/** Rows at a time: an envelope may have 96 KiB. */
const BATCH = 100

/**
 * Every table with its key, parents before children. Counted keys (`seq`) are made anew in the same order: they never leave the relay, and
 * what they say is order alone.
 */
const TABLES: { readonly [Table in keyof Tables]: readonly (string & keyof Tables[Table])[] } = {
  accounts: ['account'],
  devices: ['account', 'device'],
  removed_devices: ['account', 'device'],
  prekey_sets: ['account', 'device'],
  one_time_keys: ['seq'],
  endpoints: ['account', 'device'],
  access_keys: ['account', 'hash'],
  lists: ['locator'],
  shared_bodies: ['id'],
  envelopes: ['seq'],
  nonces: ['hash'],
  invite_codes: ['hash'],
  upload_tokens: ['hash'],
  blobs: ['id'],
  push_subscriptions: ['account', 'device'],
  push_endings: ['account', 'device'],
}

type Row = Readonly<Record<string, unknown>>
/** Rows by table. */
export type Counts = Readonly<Record<string, number>>

/** Whether a database holds nothing yet. */
export const isEmpty = async (db: Queries): Promise<boolean> =>
  Object.values(await countRows(db)).every((count) => count === 0)

/** How many rows each table has. */
export const countRows = async (db: Queries): Promise<Counts> => {
  const counts: Record<string, number> = {}
  for (const table of Object.keys(TABLES)) {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
      db
    )
    counts[table] = Number(rows[0]?.count)
  }
  return counts
}

/**
 * Copies all rows as they are at one moment, whatever is written meanwhile. The target gets all of them or none. Answers how many. Throws
 * when the target is not empty.
 */
export const copyTables = (from: Db, to: Db, isPostgres: boolean): Promise<Counts> =>
  to.transaction().execute(async (target) => {
    if (!(await isEmpty(target))) throw new Error('the target already holds data')
    // SQLite's transactions see one moment by themselves.
    const reading = from.transaction()
    return (isPostgres ? reading.setIsolationLevel('repeatable read') : reading).execute(async (source) => {
      const counts: Record<string, number> = {}
      for (const table of Object.keys(TABLES) as (keyof Tables)[])
        counts[table] = await copyTable(source, target, table)
      return counts
    })
  })

const copyTable = async (source: Tx, target: Tx, table: keyof Tables): Promise<number> => {
  let total = 0
  let last: Row | undefined
  for (;;) {
    const batch = await rowsAfter(source, table, last)
    last = batch.at(-1)
    if (!last) return total
    total += batch.length
    const rows = batch.map(({ seq: _seq, ...row }) => row)
    await target.insertInto(table).values(rows).execute()
  }
}

/** The next rows in the order of the key. */
const rowsAfter = async (source: Tx, table: keyof Tables, last: Row | undefined): Promise<readonly Row[]> => {
  const names: readonly string[] = TABLES[table]
  const key = sql.join(names.map((name) => sql.ref(name)))
  const after = last ? sql`where (${key}) > (${sql.join(names.map((name) => last[name]))})` : sql``
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} ${after} order by ${key} limit ${sql.lit(BATCH)}`.execute(source)
  return rows
}
