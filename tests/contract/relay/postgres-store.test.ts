import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('a server that is gone is told as such, and found again', { timeout: 60_000 }, async () => {
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
