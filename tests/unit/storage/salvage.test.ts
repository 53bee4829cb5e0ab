/** What is readable of a damaged file is saved, row by row as it was; the rest is counted. */
import { open as openFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { salvage } from '../../../src/adapters/storage/salvage.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { OLDER_COPY } from '../../../src/core/ports/storage.ts'
import { newFolder } from '../../support/profile.ts'
import { ANA, anywhere, contactRow, message, ownAccount, WITH_ANA } from '../../contract/storage/samples.ts'

const KEY = 'ab'.repeat(32)
const PAGE = 4_096
const COUNT = 3_000
/** Pages where tables begin: what hangs on one of these is lost with it. */
const ROOTS = 60
const textOf = (n: number): string => `parrot ${n} ${'flies at noon '.repeat(n % 9)}`

/** A file with an account, a contact and many messages. */
const written = async (path: string): Promise<number> => {
  const store = createStore(openNodeDriver(path, KEY))
  store.transaction((tx) => {
    tx.account.put(ownAccount)
    tx.contacts.put(contactRow(ANA))
    tx.conversations.put({ id: WITH_ANA, draft: 'a draft', activeAt: 1 })
    for (let n = 0; n < COUNT; n++) tx.messages.insert(message(n, { text: textOf(n) }))
    // Longer than a page: its end lies on pages of its own.
    tx.messages.insert(message(COUNT, { text: 'long '.repeat(4_000) }))
  })
  store.close()
  return (await stat(path)).size / PAGE
}

const harm = async (path: string, pages: readonly number[]): Promise<void> => {
  const file = await openFile(path, 'r+')
  for (const page of pages) await file.write(Uint8Array.of(0x55, 0xaa), 0, 2, page * PAGE + 1_000)
  await file.close()
}

const saveTo = (from: string, to: string) => {
  const [damaged, fresh] = [openNodeDriver(from, KEY), openNodeDriver(to, KEY)]
  const store = createStore(fresh)
  const tables = salvage(damaged, fresh)
  damaged.close()
  const texts = store.read((tx) => tx.messages.newest({ conversation: WITH_ANA, limit: 10_000 }))
  while (store.read((tx) => tx.search.waiting()) !== 'none') store.transaction((tx) => tx.search.index(1_000))
  const found = store.search(anywhere('parrot'), null, 10_000).hits.length
  const account = store.read((tx) => tx.account.get())
  const isOlderCopy = store.read((tx) => tx.settings.get(OLDER_COPY) === 'yes')
  store.close()
  return { tables, texts: texts.map(({ text }) => text), found, account, isOlderCopy }
}

test('of a whole file everything is saved', async () => {
  await using folder = await newFolder('salvage')
  const path = join(folder.path, 'a.db')
  await written(path)
  const { tables, texts, found, account, isOlderCopy } = saveTo(path, join(folder.path, 'b.db'))
  expect(isOlderCopy, 'its sessions may be old').toBe(true)
  expect(tables.get('messages')).toEqual({ kept: COUNT + 1, lost: 0 })
  expect([...tables.values()].every(({ lost }) => lost === 0)).toBe(true)
  expect(texts).toHaveLength(COUNT + 1)
  expect(found).toBe(COUNT)
  expect(account).toEqual(ownAccount)
})

test.each([1, 2, 3, 5])(
  'with every %i0th page damaged, what is saved is as it was, and the rest is counted',
  async (tenth) => {
    await using folder = await newFolder('salvage')
    const path = join(folder.path, 'a.db')
    const pages = await written(path)
    const harmed = Array.from({ length: pages }, (_, page) => page).filter(
      (page) => page > ROOTS && page % (tenth * 10) === tenth
    )
    expect(harmed.length).toBeGreaterThan(0)
    await harm(path, harmed)
    const { tables, texts, found } = saveTo(path, join(folder.path, 'b.db'))
    const { kept = 0, lost = 0 } = tables.get('messages') ?? {}
    expect(texts).toHaveLength(kept)
    const all = new Set([...Array.from({ length: COUNT }, (_, n) => textOf(n)), 'long '.repeat(4_000)])
    expect(texts.filter((text) => !all.has(text))).toEqual([])
    expect(kept).toBeGreaterThan(COUNT / 3)
    // How many are lost at the end nothing tells, when every index is damaged, too.
    const isEndSaved = texts.some((text) => text.startsWith('long'))
    expect(kept + lost).toBeGreaterThanOrEqual(isEndSaved ? COUNT : kept + 1)
    expect(found).toBe(texts.filter((text) => text.startsWith('parrot')).length)
  }
)
