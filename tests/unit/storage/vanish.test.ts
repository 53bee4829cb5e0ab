/** A deleted message is gone from every page, from the search index and from the log. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { sweep } from '../../../src/core/messages/sweeper.ts'
import type { Tx } from '../../../src/core/ports/storage.ts'
import { newFolder } from '../../support/profile.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'
import { decrypted, KEY } from './decrypted.ts'

/** Seven letters that no other text holds, so that the index has a term of its own for them. */
const SECRET = 'zyzzyva'

/** When the time of the secret is over, and no sooner. */
const DUE = 61_000
const gone: readonly { readonly how: string; readonly act: (tx: Tx) => void }[] = [
  { how: 'removed', act: (tx) => tx.messages.remove(message(250)) },
  { how: 'to vanish by now', act: (tx) => sweep(tx, DUE) },
  { how: 'erased', act: (tx) => tx.messages.erase(message(250)) },
  {
    how: 'edited',
    act: (tx) =>
      tx.messages.edit(message(250), { clock: { physical: 9e12, logical: 0 }, text: 'other words', at: 1 }),
  },
]

const cases = gone.flatMap((each) => [
  { ...each, when: 'after it came into the index', indexed: true },
  { ...each, when: 'before it came into the index', indexed: false },
])

test.each(cases)(
  'what was $how $when is in the pages and the log before, and not after',
  async ({ act, indexed }) => {
    await using folder = await newFolder('vanish')
    const path = join(folder.path, 'a.db')
    const store = createStore(openNodeDriver(path, KEY))
    store.transaction((tx) => {
      tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
      for (let n = 0; n < 500; n++)
        tx.messages.insert(
          message(n, { text: n === 250 ? `${SECRET} flies` : `parrot ${n} flies at noon`, vanishAfter: 60 })
        )
      tx.messages.beginVanishing(message(250), 1_000)
      sweep(tx, DUE - 1)
    })
    if (indexed) expect(store.search(anywhere(SECRET), null, 10).hits).toHaveLength(1)
    const before = await decrypted(path, folder.path)
    // The message itself, and the term in the index, of which the first letters may be shared with the term before it.
    expect(before.split(SECRET).length - 1).toBeGreaterThanOrEqual(indexed ? 2 : 1)
    expect((await readFile(`${path}-wal`)).length).toBeGreaterThan(0)

    store.transaction(act)
    expect(store.read((tx) => tx.search.waiting())).toBe(indexed ? 'changed' : 'new')
    // What the core does a moment later, and at the next start if it does not come to it.
    while (['changed', 'struck'].includes(store.read((tx) => tx.search.waiting())))
      store.transaction((tx) => tx.search.index(1))
    expect((await readFile(`${path}-wal`)).length, 'the log').toBe(0)
    const after = await decrypted(path, folder.path)
    expect(after).not.toContain(SECRET)
    expect(after).toContain('parrot 251')
    expect(store.read((tx) => tx.search.waiting())).not.toBe('changed')
    expect(store.search(anywhere(SECRET), null, 10).hits).toEqual([])
    store.close()
  }
)
