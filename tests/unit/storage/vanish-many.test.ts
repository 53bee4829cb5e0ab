/** Many messages that go together are gone from every page, from the search index and from the log, also when the process dies halfway. */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Store } from '../../../src/core/ports/storage.ts'
import { newFolder } from '../../support/profile.ts'
import { anywhere, message, WITH_ANA, WITH_BEN } from '../../contract/storage/samples.ts'
import { decrypted, KEY } from './decrypted.ts'

/** A word that no other text holds, and three letters that no other word begins with: a term of their own in the index of parts. */
const WORD = 'zyzzyva'
const PART = Buffer.from('ŋŋŋ').toString('latin1')
const COUNT = 450
const secret = (n: number): string => `${WORD}${n} ŋŋŋŋ flies`

const isChanged = (store: Store): boolean =>
  ['changed', 'struck'].includes(store.read((tx) => tx.search.waiting()))
const step = (store: Store): void => store.transaction((tx) => tx.search.index(25))
const numbers = Array.from({ length: COUNT }, (_, n) => n)
/** To Ben: what stays. */
const parrot = (n: number) =>
  message(1_000 + n, { conversation: WITH_BEN, text: `parrot ${n} flies at noon` })

const cases = [
  { what: 'a conversation that is cleared', others: 100, indexed: true },
  { what: 'a conversation that is cleared before it came into the index', others: 100, indexed: false },
  { what: 'the only conversation', others: 0, indexed: true },
].map((each) => ({ ...each, act: (store: Store) => store.transaction((tx) => tx.messages.clear(WITH_ANA)) }))
const single = [
  {
    what: 'hundreds of messages that are removed one by one',
    others: 100,
    indexed: true,
    act: (store: Store) =>
      store.transaction((tx) => {
        for (const n of numbers) tx.messages.remove(message(n))
      }),
  },
  {
    what: 'long messages that are edited',
    others: 100,
    indexed: true,
    act: (store: Store) =>
      store.transaction((tx) => {
        for (const n of numbers.slice(0, 3))
          tx.messages.edit(message(n), { clock: { physical: 9e12, logical: 0 }, text: 'other words', at: 1 })
        for (const n of numbers.slice(3)) tx.messages.erase(message(n))
      }),
  },
]

test.each([...cases, ...single])(
  'of $what nothing is left, though the process ended halfway',
  async ({ act, others, indexed, what }) => {
    await using folder = await newFolder('vanish')
    const path = join(folder.path, 'a.db')
    const first = createStore(openNodeDriver(path, KEY))
    const padding = what.startsWith('long') ? ' and on'.repeat(60) : ''
    first.transaction((tx) => {
      for (const id of [WITH_ANA, WITH_BEN]) tx.conversations.put({ id, draft: '', activeAt: 0 })
      for (let n = 0; n < others; n += 2) tx.messages.insert(parrot(n))
      for (const n of numbers) tx.messages.insert(message(n, { text: secret(n) + padding }))
      for (let n = 1; n < others; n += 2) tx.messages.insert(parrot(n))
    })
    if (indexed) while (first.read((tx) => tx.search.waiting()) !== 'none') step(first)
    const before = await decrypted(path, folder.path)
    expect(before.split(WORD).length - 1).toBeGreaterThan(indexed ? COUNT : COUNT - 1)
    if (indexed) expect(before.split(PART).length - 1).toBeGreaterThan(COUNT)

    act(first)
    for (let n = 0; n < 3; n++) step(first)
    // As the files are at this moment.
    const left = join(folder.path, 'left.db')
    for (const suffix of ['', '-wal']) await copyFile(path + suffix, left + suffix)
    first.close()
    const driver = openNodeDriver(left, KEY)
    const store = createStore(driver)
    expect(store.search(anywhere(WORD), null, 9).hits).toEqual([])
    while (isChanged(store)) step(store)

    expect((await readFile(`${left}-wal`)).length, 'the log').toBe(0)
    const after = await decrypted(left, folder.path)
    expect(after).not.toContain(WORD)
    expect(after).not.toContain(PART)
    expect(store.search(anywhere('parro'), null, 999).hits).toHaveLength(others)
    expect(store.search(anywhere('arro'), null, 999).hits).toHaveLength(others)
    // What comes then is found, and the engine finds the index to be what the messages are.
    store.transaction((tx) => tx.messages.insert(message(2_000, { text: 'a macaw' })))
    expect(store.search(anywhere('acaw'), null, 9).hits).toHaveLength(1)
    while (store.read((tx) => tx.search.waiting()) !== 'none') step(store)
    for (const name of ['messages_words', 'messages_parts'])
      driver.exec(`INSERT INTO ${name} (${name}, rank) VALUES ('integrity-check', 1)`)
    store.close()
  }
)

test('a hundred messages that go or change together are one more segment of each index, not a hundred', async () => {
  await using folder = await newFolder('vanish')
  const driver = openNodeDriver(join(folder.path, 'a.db'), KEY)
  const store = createStore(driver)
  store.transaction((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
    for (const n of numbers) tx.messages.insert(message(n, { text: secret(n) }))
  })
  while (store.read((tx) => tx.search.waiting()) !== 'none') step(store)
  const segments = (name: string): unknown =>
    driver.prepare(`SELECT count(DISTINCT segid) AS count FROM ${name}_idx`).get()?.['count']
  const before = { words: segments('messages_words'), parts: segments('messages_parts') }
  store.transaction((tx) => {
    const edit = { clock: { physical: 9e12, logical: 0 }, text: 'a macaw', at: 1 }
    for (const n of numbers.slice(0, 100))
      if (n % 2 === 0) tx.messages.edit(message(n), edit)
      else tx.messages.remove(message(n))
  })
  step(store)
  expect(driver.prepare('SELECT count(*) AS count FROM search_changes').get()?.['count']).toBe(0)
  expect(segments('messages_words')).toBeLessThanOrEqual(Number(before.words) + 1)
  expect(segments('messages_parts')).toBeLessThanOrEqual(Number(before.parts) + 1)
  expect(store.search(anywhere('macaw'), null, 999).hits).toHaveLength(50)
  store.close()
})
