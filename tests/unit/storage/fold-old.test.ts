/** Texts that an earlier version put into the search indexes as they were come to be found whatever accents are typed, while all goes on. */
import { expect, test } from 'vitest'
import { transact, type SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { migrate } from '../../../src/adapters/storage/migrate.ts'
import { first } from '../../../src/adapters/storage/migrations/0001-first.ts'
import { search } from '../../../src/adapters/storage/migrations/0002-search.ts'
import { unreadAndProfiles } from '../../../src/adapters/storage/migrations/0003-unread-and-profiles.ts'
import { editsAndTheRest } from '../../../src/adapters/storage/migrations/0004-edits-and-the-rest.ts'
import { indexLater } from '../../../src/adapters/storage/migrations/0005-index-later.ts'
import { clearInSteps } from '../../../src/adapters/storage/migrations/0006-clear-in-steps.ts'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { FOLD_QUERIES } from '../../../src/adapters/storage/rows/index-fold.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import { planOf, walks } from '../../contract/storage/query-plans.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'

const COUNT = 1_200
const KINDS = [
  (n: number) => ({ text: `a parrot ${n}`, spaced: null }),
  (n: number) => ({ text: `Καλημέρα ${n}`, spaced: null }),
  (n: number) => ({ text: `世界 ${n}`, spaced: `世 界 ${n}` }),
  (n: number) => ({ text: `até amanhã ${n}`, spaced: null }),
]

/** A database as version 6 left it: in the indexes but for the first ten and the last. */
const oldDatabase = (kinds = KINDS): SqlDriver => {
  const driver = openNodeDriver(':memory:', '00'.repeat(32))
  migrate(driver, [first, search, unreadAndProfiles, editsAndTheRest, indexLater, clearInSteps])
  const insert = driver.prepare(
    `INSERT INTO messages (pk, conversation, author, id, clock_physical, clock_logical, kind, text, spaced, state, at, own)
     VALUES (?, ?, ?, ?, ?, 0, 'text', ?, ?, 'received', ?, 0)`
  )
  transact(driver, () => {
    driver
      .prepare('INSERT INTO conversations (id, draft, unread, active_at) VALUES (?, ?, 0, 0)')
      .run(WITH_ANA, '')
    for (let n = 1; n <= COUNT; n++) {
      const { author, id, clock, at } = message(n)
      const { text, spaced } = kinds[n % kinds.length]!(n)
      insert.run(n, WITH_ANA, author, id, clock.physical, text, spaced, at)
    }
    driver.prepare('UPDATE search_progress SET down_to = 11, up_to = ?').run(COUNT)
    driver.exec(`
      INSERT INTO messages_words (rowid, words, scope) SELECT pk, words, scope FROM messages_searched;
      INSERT INTO messages_parts (rowid, text) SELECT pk, text FROM messages_searched`)
  })
  return driver
}
const found = (store: Store, text: string): number => store.search(anywhere(text), null, 2_000).hits.length
const step = (store: Store): void => store.transaction((tx) => tx.search.index(25))
const isWaiting = (store: Store): boolean => store.read((tx) => tx.search.waiting()) !== 'none'
/** The engine compares each index with the messages. */
const check = (driver: SqlDriver): void => {
  for (const name of ['messages_words', 'messages_parts'])
    driver.exec(`INSERT INTO ${name} (${name}, rank) VALUES ('integrity-check', 1)`)
}
const valueOf = (driver: SqlDriver, sql: string): unknown => driver.prepare(sql).get()?.['value']

test('step by step, from the newest on, with the indexes whole and what was found before found all along', () => {
  const driver = oldDatabase()
  const store = createStore(driver)
  check(driver)
  expect(store.read((tx) => tx.search.lacks())).toBe('new')
  let steps = 0
  for (; isWaiting(store); steps++) {
    if (steps > 200) throw new Error('it does not end')
    step(store)
    if (steps % 5 === 0) {
      check(driver)
      for (const query of ['parrot', 'arro', 'amanha', 'manh', '世界'])
        expect(found(store, query), query).toBeGreaterThanOrEqual(297)
    }
  }
  expect(steps).toBeGreaterThan(8)
  check(driver)
  for (const query of ['parrot', 'arro', 'amanha', 'manh', '世界', 'καλημερα', 'λημε', 'ΚΑΛΗΜΈΡΑ'])
    expect(found(store, query), query).toBe(COUNT / KINDS.length)
  // As a database that never was an older one.
  expect(valueOf(driver, 'SELECT count(*) AS value FROM messages WHERE spaced IS NOT NULL')).toBe(COUNT / 2)
})

test('messages that are edited, removed and added before it is their turn', () => {
  const driver = oldDatabase()
  const store = createStore(driver)
  const edit = (text: string) => ({ clock: { physical: 9e12, logical: 0 }, text, at: 9 })
  step(store)
  step(store)
  store.transaction((tx) => {
    tx.messages.edit(message(101), edit('ёлка'))
    tx.messages.erase(message(102))
    for (let n = 1_000; n <= COUNT; n++) tx.messages.remove(message(n))
    tx.messages.insert(message(5_000, { text: 'Όλυμπος' }))
    tx.messages.insert(message(5_001, { text: '新世界' }))
  })
  check(driver)
  for (let steps = 0; isWaiting(store); steps++) {
    if (steps > 200) throw new Error('it does not end')
    step(store)
    check(driver)
  }
  expect(['елка', 'ολυμπος', '新世', 'λυμπ'].map((query) => found(store, query))).toEqual([1, 1, 1, 1])
  expect([found(store, 'parrot'), found(store, 'καλημερα')]).toEqual([249, 249])
})

test('of plain texts nothing is written but how far they were looked at', () => {
  const driver = oldDatabase([KINDS[0]!, KINDS[3]!])
  const store = createStore(driver)
  store.search(anywhere('parrot'), null, 9)
  const before = Number(valueOf(driver, 'SELECT total_changes() AS value'))
  for (let steps = 0; valueOf(driver, 'SELECT folded_from AS value FROM search_progress') !== 0; steps++) {
    if (steps > 9) throw new Error('it does not end')
    step(store)
  }
  expect(Number(valueOf(driver, 'SELECT total_changes() AS value')) - before).toBeLessThan(9)
  expect([found(store, 'parrot'), valueOf(driver, 'SELECT merging AS value FROM search_progress')]).toEqual([
    595, 0,
  ])
})

test('no query of this walks over a table that grows', () => {
  const driver = oldDatabase()
  migrate(driver)
  const { rows, note, put } = FOLD_QUERIES
  expect([rows, note, put].flatMap((sql) => walks(planOf(driver, sql)))).toEqual([])
})
