/** The search index follows the messages when nothing else is to be done, and no later than it must. */
import { expect, test } from 'vitest'
import { openNodeStore } from '../../../src/adapters/storage/node-store.ts'
import { createIndexer } from '../../../src/core/messages/indexer.ts'
import { StorageFailure, type Store } from '../../../src/core/ports/storage.ts'
import { handClock } from '../../support/core-desk.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'

const MANY = 200
/** Longer than new messages wait, ms. */
const LONG = 6_000

const put = (store: Store, ...numbers: readonly number[]): void =>
  store.transaction((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
    for (const n of numbers) tx.messages.insert(message(n, { text: `parrot ${n}` }))
  })
const waiting = (store: Store): string => store.read((tx) => tx.search.waiting())
const numbers = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => from + n)

const staged = async () => {
  const store = await openNodeStore({ memory: true })
  const clock = handClock({ now: 0 })
  const warnings: string[] = []
  const indexed: number[] = []
  let isFull = false
  const watched: Store = {
    ...store,
    transaction: (work) => {
      if (isFull) throw new StorageFailure('full')
      indexed.push(clock.now())
      return store.transaction(work)
    },
  }
  const indexer = createIndexer({ store: watched, clock, log: { warn: (code) => void warnings.push(code) } })
  /** Time in pieces, so that each timer fires when it is due. */
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += 5) clock.advance(5)
  }
  return { store, indexer, indexed, warnings, pass, fill: (full: boolean) => void (isFull = full) }
}

test('what is there at the start comes in step by step', async () => {
  const { store, indexer, indexed, pass } = await staged()
  put(store, ...numbers(0, MANY))
  indexer.start()
  expect(indexed).toEqual([])
  pass(LONG)
  expect(waiting(store)).toBe('none')
  expect(indexed.length).toBeGreaterThan(4)
  indexer.stop()
})

test('a new message comes in once it is quiet; one commit for all of a burst', async () => {
  const { store, indexer, indexed, pass } = await staged()
  indexer.start()
  for (const n of numbers(0, 10)) {
    put(store, n)
    pass(100)
  }
  expect(indexed).toEqual([])
  pass(LONG)
  expect([waiting(store), indexed.length]).toEqual(['none', 1])
  indexer.stop()
})

test('when it is never quiet it comes in all the same, all that is new in the end', async () => {
  const { store, indexer, indexed, pass } = await staged()
  indexer.start()
  for (const n of numbers(0, MANY)) {
    put(store, n)
    pass(50)
  }
  expect(indexed.length).toBeGreaterThan(0)
  pass(LONG)
  expect(waiting(store)).toBe('none')
  indexer.stop()
})

test('what was deleted is gone without waiting', async () => {
  const { store, indexer, pass } = await staged()
  put(store, 1, 2)
  indexer.start()
  pass(LONG)
  store.transaction((tx) => tx.messages.remove(message(1)))
  expect(waiting(store)).toBe('changed')
  pass(100)
  expect(waiting(store)).toBe('none')
  indexer.stop()
})

test('what was cleared goes in steps, and new messages come in between', async () => {
  const { store, indexer, indexed, pass } = await staged()
  put(store, ...numbers(0, 1_000))
  indexer.start()
  pass(LONG)
  const before = indexed.length
  store.transaction((tx) => tx.messages.clear(WITH_ANA))
  put(store, 2_000)
  expect(store.search(anywhere('parrot'), null, 9).hits).toHaveLength(1)
  expect(waiting(store)).toBe('changed')
  pass(LONG)
  expect(waiting(store)).toBe('none')
  expect(indexed.length - before).toBeGreaterThan(10)
  expect(store.search(anywhere('parrot'), null, 9).hits).toHaveLength(1)
  indexer.stop()
})

test('long messages that are edited again and again have the index written anew a tenth of the time at most, and are gone in the end', async () => {
  const { store, indexer, indexed, pass } = await staged()
  const long = (n: number) => `macaw ${n} `.repeat(60)
  const edit = (n: number): void =>
    store.transaction((tx) => {
      tx.messages.edit(message(0), { clock: { physical: 9e12, logical: n }, text: long(n), at: 1 })
    })
  put(store, ...numbers(0, MANY))
  indexer.start()
  pass(LONG)
  // What is short is looked up, and the first that is struck out is gone without waiting.
  for (const n of [1, 2]) {
    edit(n)
    pass(500)
    expect(waiting(store)).toBe('none')
  }
  const before = indexed.length
  let struck = 0
  for (const n of numbers(3, 100)) {
    edit(n)
    pass(100)
    if (waiting(store) === 'struck') struck++
  }
  // Each takes one step; the three that write the index anew follow few of them.
  expect(struck).toBeGreaterThan(50)
  expect(indexed.length - before).toBeLessThan(200)
  // New messages come in while what is struck out waits.
  put(store, MANY)
  pass(LONG)
  expect([waiting(store), store.search(anywhere('macaw'), null, 9).hits.length]).toEqual(['none', 1])
  expect(store.search(anywhere('parrot'), null, 999).hits).toHaveLength(MANY)
  indexer.stop()
})

test('on a full disk it stops, and the next change begins it again', async () => {
  const { store, indexer, warnings, pass, fill } = await staged()
  indexer.start()
  put(store, 1)
  fill(true)
  pass(LONG)
  expect([waiting(store), warnings]).toEqual(['new', ['indexing-stopped']])
  fill(false)
  pass(LONG)
  expect(waiting(store)).toBe('new')
  put(store, 2)
  pass(LONG)
  expect(waiting(store)).toBe('none')
})

test('stopped, it does nothing more', async () => {
  const { store, indexer, pass } = await staged()
  indexer.start()
  put(store, 1)
  indexer.stop()
  put(store, 2)
  pass(LONG)
  expect(waiting(store)).toBe('new')
})

test('an import that takes long is left alone, and all of it comes in afterwards', async () => {
  const { store, indexer, pass } = await staged()
  indexer.start()
  store.transaction((tx) => tx.history.importing())
  put(store, ...numbers(0, MANY))
  pass(LONG)
  put(store, ...numbers(MANY, MANY))
  pass(LONG)
  store.transaction((tx) => tx.history.indexLater())
  indexer.start()
  pass(LONG)
  put(store, 5_000)
  for (const n of [0, MANY - 1, MANY, 2 * MANY - 1, 5_000])
    expect(store.search(anywhere(`"parrot ${n}"`), null, 9).hits, `parrot ${n}`).toHaveLength(1)
  indexer.stop()
})
