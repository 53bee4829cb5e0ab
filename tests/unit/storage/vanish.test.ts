/** A deleted message is gone from every page, from the search index and from the log. */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import type { Tx } from '../../../src/core/ports/storage.ts'
import { newFolder } from '../../support/profile.ts'
import { anywhere, message, WITH_ANA } from '../../contract/storage/samples.ts'

const KEY = 'ab'.repeat(32)
/** Seven letters that no other text holds, so that the index has a term of its own for them. */
const SECRET = 'zyzzyva'

/** All pages of the database, free ones too, without their encryption; the log is whatever is left beside it. */
const decrypted = async (path: string, folder: string): Promise<string> => {
  const copy = join(folder, `copy-${crypto.randomUUID()}.db`)
  await copyFile(path, copy)
  await copyFile(`${path}-wal`, `${copy}-wal`)
  const database = new Database(copy)
  for (const pragma of [`cipher='chacha20'`, `hexkey='${KEY}'`, 'journal_mode=DELETE', `rekey=''`])
    database.exec(`PRAGMA ${pragma}`)
  database.close()
  const text = (await readFile(copy)).toString('latin1')
  expect(text).toContain('SQLite format 3')
  return text
}

const gone: readonly { readonly how: string; readonly act: (tx: Tx) => void }[] = [
  { how: 'removed', act: (tx) => tx.messages.remove(message(250)) },
  { how: 'erased', act: (tx) => tx.messages.erase(message(250)) },
  {
    how: 'edited',
    act: (tx) =>
      tx.messages.edit(message(250), { clock: { physical: 9e12, logical: 0 }, text: 'other words', at: 1 }),
  },
]

test.each(gone)('pages, search index and log hold what was $how before and not after', async ({ act }) => {
  await using folder = await newFolder('vanish')
  const path = join(folder.path, 'a.db')
  const store = createStore(openNodeDriver(path, KEY))
  store.transaction((tx) => {
    tx.conversations.put({ id: WITH_ANA, draft: '', activeAt: 0 })
    for (let n = 0; n < 500; n++)
      tx.messages.insert(message(n, { text: n === 250 ? `${SECRET} flies` : `parrot ${n} flies at noon` }))
  })
  const before = await decrypted(path, folder.path)
  // The message itself, and the term in the index, of which the first letters may be shared with the term before it.
  expect(before.split(SECRET).length - 1).toBeGreaterThanOrEqual(2)
  expect((await readFile(`${path}-wal`)).length).toBeGreaterThan(0)

  store.transaction(act)
  expect((await readFile(`${path}-wal`)).length, 'the log').toBe(0)
  const after = await decrypted(path, folder.path)
  expect(after).not.toContain(SECRET)
  expect(after).toContain('parrot 251')
  expect(store.read((tx) => tx.search.find(anywhere(SECRET), null, 10)).hits).toEqual([])
  store.close()
})
