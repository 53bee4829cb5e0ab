/** Every query of the repositories looks up what it needs in an index: none walks over a table that grows. The same in browsers: `tests/browser/storage/suites.test.ts`. */
import { expect, test } from 'vitest'
import { migrate } from '../../../src/adapters/storage/migrate.ts'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import {
  everyCall,
  planOf,
  plansOf,
  signalCalls,
  SORTED,
  sorters,
  walkers,
  walks,
} from '../../contract/storage/query-plans.ts'

const plans = () => plansOf(openNodeDriver(':memory:', '00'.repeat(32)))

test('every method of the store is exercised', () => {
  const driver = openNodeDriver(':memory:', '00'.repeat(32))
  const unused: string[] = []
  createStore(driver).transaction((tx) => {
    const source = everyCall.toString() + signalCalls.toString()
    for (const [part, methods] of Object.entries(tx))
      for (const method of Object.keys(methods as object))
        if (!new RegExp(`${part}\\.${method}\\(`).test(source)) unused.push(`${part}.${method}`)
  })
  expect(unused).toEqual([])
})

test('no query walks over a table that grows', () => {
  const all = plans()
  expect(all.size).toBeGreaterThan(40)
  expect(walkers(all)).toEqual([])
})

test('a query without an index would be seen', () => {
  const driver = openNodeDriver(':memory:', '00'.repeat(32))
  migrate(driver)
  expect(walks(planOf(driver, 'SELECT * FROM messages WHERE text = ?'))).toEqual(['SCAN messages'])
  expect(walks(planOf(driver, 'SELECT * FROM outbox WHERE expires_at < ?'))).toEqual(['SCAN outbox'])
})

test('order comes from the index: nothing of a conversation is sorted to show its end', () => {
  expect(sorters(plans())).toEqual(SORTED)
})
