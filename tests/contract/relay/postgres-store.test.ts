import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLookup } from '../../../relay-server/db/counted-query.ts'
import { openPostgres } from '../../../relay-server/db/open-postgres.ts'
import { StoreUnavailable } from '../../../relay-server/db/unavailable.ts'
import { RELAY_LIMITS } from '../../../relay-server/limits.ts'
import { openPostgresStore } from '../../../relay-server/store/postgres-store.ts'
import { startPostgres, type PostgresServer } from '../../support/postgres-server.ts'
import { until } from '../../support/until.ts'
import { storeContract } from './store-contract.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(async () => server[Symbol.asyncDispose]())

storeContract('PostgreSQL', () => {
  let url: string | undefined
  return {
    open: async (limits) => {
      url ??= await server.newDatabase()
      return openPostgresStore({ url, connections: 5 }, { ...RELAY_LIMITS, ...limits })
    },
    destroy: async () => {},
  }
})

test('relays that start together over an empty database both work', async () => {
  const url = await server.newDatabase()
  const stores = await Promise.all(
    [1, 2, 3].map(() => openPostgresStore({ url, connections: 2 }, RELAY_LIMITS))
  )
  for (const store of stores) expect(await store.mailbox.count()).toBe(0)
  for (const store of stores) await store.close()
})

test('counted queries alone stay prepared, and a table that a newer relay has widened changes nothing for them', async () => {
  const db = await openPostgres({ url: await server.newDatabase(), connections: 1 })
  const find = createLookup((tx, accounts: readonly Uint8Array[]) =>
    tx.selectFrom('accounts').select(['account', 'publish_key']).where('account', 'in', accounts)
  )
  const account = Uint8Array.of(1)
  const row = { account, publish_key: Uint8Array.of(2) }
  await db.insertInto('accounts').values(row).execute()
  const ask = () => db.transaction().execute((tx) => find(tx, [account]))
  expect(await ask()).toEqual([row])
  await sql`alter table accounts add column more integer not null default 0`.execute(db)
  expect(await ask()).toEqual([row])
  const kept = await sql<{ statement: string; uses: number }>`
    select statement, generic_plans + custom_plans as uses from pg_prepared_statements`.execute(db)
  expect(kept.rows.map(({ uses }) => uses)).toEqual([2])
  expect(kept.rows[0]?.statement).toContain('from "accounts" where "account" in ($1)')
  await db.destroy()
})

test('a server that is gone is told as such, and found again', async () => {
  const url = await server.newDatabase()
  const store = await openPostgresStore({ url, connections: 2 }, RELAY_LIMITS)
  for (const way of ['stop', 'kill'] as const) {
    await server[way]()
    await expect(store.mailbox.count()).rejects.toBeInstanceOf(StoreUnavailable)
    await server.start()
    await until('the store answers', async () => (await store.mailbox.count()) === 0)
  }
  await store.close()
})
