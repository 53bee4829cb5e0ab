/** What a search does about messages that were edited or deleted since they came into the index. */
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Tx } from '../../../src/core/ports/storage.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, n) => from + n)

/** A store with `count` messages, all of them in the index. */
const staged = (count: number) => {
  const driver = openNodeDriver(':memory:', '00'.repeat(32))
  const store = createStore(driver)
  const valueOf = (sql: string): unknown => driver.prepare(sql).get()?.['value']
  let edits = 0
  const change = (work: (tx: Tx) => void): void => store.transaction(work)
  change((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
    for (const n of numbers(0, count)) tx.messages.insert(message(n, { text: `a parrot ${n}` }))
  })
  const index = (): void => {
    while (store.read((tx) => tx.search.waiting()) !== 'none') change((tx) => tx.search.index(25))
  }
  index()
  return {
    store,
    change,
    index,
    edit: (tx: Tx, n: number, text: string) =>
      tx.messages.edit(message(n), { clock: { physical: 9e12, logical: edits++ }, text, at: 1 }),
    found: (text: string) => store.search(anywhere(text), null, 1_000).hits.length,
    /** Messages whose former text is still to be taken out. */
    waiting: () => valueOf('SELECT count(*) AS value FROM search_changes'),
    struck: () => valueOf('SELECT struck AS value FROM search_progress'),
    /** The engine compares each index with the messages. */
    check: () => {
      for (const name of ['messages_words', 'messages_parts'])
        driver.exec(`INSERT INTO ${name} (${name}, rank) VALUES ('integrity-check', 1)`)
    },
  }
}

test('a search does not wait for deleted messages to be taken out', () => {
  const { store, change, found, waiting, check } = staged(60)
  change((tx) => {
    for (const n of numbers(0, 40)) tx.messages.erase(message(n))
  })
  expect(store.read((tx) => tx.search.lacks())).toBe('none')
  expect([found('parrot'), waiting()]).toEqual([20, 40])
  check()
})

test('a search strikes many edited messages out together', () => {
  const { change, edit, found, waiting, struck, check } = staged(150)
  change((tx) => {
    for (const n of numbers(0, 100)) edit(tx, n, `a macaw ${n}`)
  })
  expect([found('macaw'), found('parrot')]).toEqual([100, 50])
  expect([waiting(), struck()]).toEqual([0, 100])
  check()
})

test('what is edited again while its first text is struck out is struck out, too', () => {
  const { change, index, edit, found, struck, check } = staged(60)
  change((tx) => edit(tx, 7, 'a macaw and on'.repeat(30)))
  expect(found('macaw')).toBe(1)
  change((tx) => edit(tx, 7, 'a finch'))
  expect([found('finch'), found('macaw'), struck()]).toEqual([1, 0, 1])
  change((tx) => edit(tx, 7, 'a heron'))
  expect([found('heron'), found('finch'), struck()]).toEqual([1, 0, 2])
  check()
  index()
  expect([found('heron'), found('finch'), found('parrot')]).toEqual([1, 0, 59])
  check()
})

test.each([
  { what: 'a gap', kind: 'gap', erased: false },
  { what: 'a message that was deleted at once', kind: 'text', erased: true },
  { what: 'a message', kind: 'text', erased: false },
] as const)('$what with the number of one that went leaves the indexes whole', ({ kind, erased }) => {
  const { change, index, found, check } = staged(60)
  change((tx) => {
    tx.messages.remove(message(59))
    tx.messages.insert(message(70, { kind, text: kind === 'gap' ? '' : 'a macaw' }))
    if (erased) tx.messages.erase(message(70))
  })
  expect([found('parrot'), found('macaw')]).toEqual([59, kind === 'gap' || erased ? 0 : 1])
  check()
  index()
  expect(found('parrot')).toBe(59)
  check()
})
