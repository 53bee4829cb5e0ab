/** Messages of an earlier version come into the search index little by little, whatever happens to them meanwhile. */
import { expect, test } from 'vitest'
import { transact, type SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { migrate } from '../../../src/adapters/storage/migrate.ts'
import { first } from '../../../src/adapters/storage/migrations/0001-first.ts'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'

const COUNT = 250

const textOf = (n: number): string => (n % 5 === 0 ? `你好世界 ${n}` : `a parrot ${n}`)

/** A database as the first version left it. */
const oldDatabase = (): SqlDriver => {
  const driver = openNodeDriver(':memory:', '00'.repeat(32))
  migrate(driver, [first])
  driver
    .prepare('INSERT INTO conversations (id, draft, unread, active_at) VALUES (?, ?, 0, 0)')
    .run(WITH_ANA, '')
  const insert = driver.prepare(
    `INSERT INTO messages (conversation, author, id, clock_physical, clock_logical, kind, text, state, at, own)
     VALUES (?, ?, ?, ?, 0, ?, ?, 'received', ?, 0)`
  )
  transact(driver, () => {
    for (let n = 1; n <= COUNT; n++) {
      const { author, id, clock, at } = message(n)
      insert.run(WITH_ANA, author, id, clock.physical, n % 50 === 0 ? 'gap' : 'text', textOf(n), at)
    }
  })
  return driver
}
const found = (store: Store, text: string): number => store.search(anywhere(text), null, 1_000).hits.length
const index = (store: Store, most: number): void => store.transaction((tx) => tx.search.index(most))
const isWaiting = (store: Store): boolean => store.read((tx) => tx.search.waiting()) !== 'none'
/** The engine compares each index with the messages. */
const check = (driver: SqlDriver): void => {
  for (const name of ['messages_words', 'messages_parts'])
    driver.exec(`INSERT INTO ${name} (${name}, rank) VALUES ('integrity-check', 1)`)
}

test('an old database opens without indexing a message; then the newest come first, and all in the end', () => {
  const driver = oldDatabase()
  const store = createStore(driver)
  expect(store.read((tx) => tx.search.waiting())).toBe('older')
  expect(found(store, 'parrot')).toBe(0)
  index(store, 50)
  expect(found(store, 'parrot')).toBe(40)
  expect(found(store, '界')).toBe(9)
  expect(found(store, String(COUNT - 1))).toBe(1)
  check(driver)
  for (let steps = 0; isWaiting(store); steps++) {
    if (steps > 10) throw new Error('it does not end')
    index(store, 60)
  }
  expect([found(store, 'parrot'), found(store, '好世')]).toEqual([200, 45])
  check(driver)
})

test('messages that go, come and come back while others wait are indexed as they are in the end', () => {
  const driver = oldDatabase()
  const store = createStore(driver)
  index(store, 50)
  const remove = (...numbers: readonly number[]): void =>
    store.transaction((tx) => {
      for (const n of numbers) tx.messages.remove(message(n))
    })
  remove(3, 10, 249, 250)
  store.transaction((tx) => tx.messages.insert(message(900, { text: 'a new parrot' })))
  // Everything that is indexed goes, and half of what is not: numbers of rows are used again.
  remove(900, ...Array.from({ length: 150 }, (_, n) => 100 + n))
  store.transaction((tx) => tx.messages.insert(message(901, { text: 'a macaw' })))
  store.transaction((tx) => tx.messages.insert(message(902, { text: '新世界' })))
  while (isWaiting(store)) index(store, 7)
  check(driver)
  const left = Array.from({ length: 99 }, (_, n) => n + 1).filter((n) => ![3, 10, 50].includes(n))
  expect(found(store, 'parrot')).toBe(left.filter((n) => n % 5 !== 0).length)
  expect([found(store, 'macaw'), found(store, '新')]).toEqual([1, 1])
  remove(901, 902)
  check(driver)
  expect(found(store, 'macaw')).toBe(0)
})
