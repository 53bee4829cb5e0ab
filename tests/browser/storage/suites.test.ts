/** The suites of driver and store over the browser's engine, in a worker, on the origin's private file system. */
import { afterAll, describe, expect, test } from 'vitest'
import { driverCases, fileDriverCases } from '../../contract/storage/driver-suite.ts'
import { SORTED, sorters, walkers } from '../../contract/storage/query-plans.ts'
import { storeCases } from '../../contract/storage/store-suite.ts'
import { startStoreWorker } from './store-worker.ts'

const worker = startStoreWorker()
afterAll(() => worker.terminate())
const names = (cases: readonly { readonly name: string }[]) => cases.map(({ name }) => ({ name }))

describe('the driver', () => {
  test.each(names([...driverCases, ...fileDriverCases]))('$name', async ({ name }) => {
    expect(await worker.call('runDriverCase', `driver-${crypto.randomUUID()}`, name)).toBeUndefined()
  })
})

describe('the store', () => {
  test.each(names(storeCases))('$name', async ({ name }) => {
    expect(await worker.call('runStoreCase', `store-${crypto.randomUUID()}`, name)).toBeUndefined()
  })
})

test('no query walks over a table that grows, and order comes from the index', async () => {
  const plans = await worker.call('queryPlans', `plans-${crypto.randomUUID()}`)
  expect(plans.size).toBeGreaterThan(40)
  expect(walkers(plans)).toEqual([])
  expect(sorters(plans)).toEqual(SORTED)
})

test('a case that does not hold would be seen', async () => {
  await expect(worker.call('runStoreCase', `store-${crypto.randomUUID()}`, 'no such')).rejects.toThrow(
    'no such'
  )
})

test('storage tells what it uses', async () => {
  const { used, available, persisted } = await worker.call('health')
  expect(used).toBeGreaterThan(0)
  expect(available).toBeGreaterThan(1_000_000)
  expect(['granted', 'denied']).toContain(persisted)
})
