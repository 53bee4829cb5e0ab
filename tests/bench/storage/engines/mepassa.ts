/** The store of the app: encrypted, through its repositories, opened as the app opens it. */
import { openPool } from '../../../../src/adapters/storage/browser-store.ts'
import type { MessageKey, Store } from '../../../../src/core/ports/storage.ts'
import { copyPool, removeFiles } from '../../../../src/adapters/storage/pool-files.ts'
import { anywhere, message } from '../../../contract/storage/samples.ts'
import { FIRST, textOf } from '../texts.ts'
import { writeChunks } from './chunks.ts'
import type { Engine } from './engine.ts'

const KEY = new Uint8Array(32).fill(0xab)
/** Header of a pool's file; that it is not valid does not matter to what copies a pool. */
const HEADER = 4_096
const SHOWN = 50
/** Messages that the app puts into the search index with one commit. */
const INDEXED = 25
/** More than the inserts that are timed. */
const BEHIND_INSERTED = 100
/** Old messages are taken from among so many. */
const FIRST_STORED = 1_000

const timed = (work: () => unknown): number => {
  const began = performance.now()
  work()
  return performance.now() - began
}
const indexAll = (store: Store): void => {
  while (store.read((tx) => tx.search.waiting()) !== 'none')
    store.transaction((tx) => tx.search.index(Number.MAX_SAFE_INTEGER))
}
/** How long each step takes until nothing is left of what was deleted. */
const stepsOf = (store: Store): number[] => {
  const steps: number[] = []
  while (['changed', 'struck'].includes(store.read((tx) => tx.search.waiting())))
    steps.push(timed(() => store.transaction((tx) => tx.search.index(1))))
  return steps
}
/** One that is in the search index. */
const remove = (store: Store, key: MessageKey): number => {
  indexAll(store)
  return timed(() => store.transaction((tx) => tx.messages.remove(key)))
}

export const mepassa: Engine = {
  put: async (name, chunks) => {
    const root = await navigator.storage.getDirectory()
    const folder = await (
      await root.getDirectoryHandle('incoming', { create: true })
    ).getDirectoryHandle('.opaque', {
      create: true,
    })
    await writeChunks(await folder.getFileHandle('database', { create: true }), chunks, HEADER)
    await copyPool('incoming', name)
    await removeFiles('incoming')
  },
  open: async (name) => {
    const store = await openPool({
      folder: name,
      key: KEY,
      isUsed: true,
      onOpened: async () => undefined,
      onDamage: () => {
        throw new Error('damaged')
      },
    })
    const find = async (text: string, limit: number) => store.search(anywhere(text), null, limit).hits.length
    return {
      last: async (conversation, limit) =>
        store.read((tx) => tx.messages.newest({ conversation, limit })).length,
      word: (word, limit) => find(`"${word}"`, limit),
      prefix: find,
      part: async (part, limit) =>
        store.search(anywhere(part), { among: 'parts', before: Number.MAX_SAFE_INTEGER }, limit).hits.length,
      insert: async (n) =>
        store.transaction(
          (tx) => void tx.messages.insert(message(n, { conversation: FIRST, text: textOf(n) }))
        ),
      own: {
        'chat list, 50 rows': async () => timed(() => store.read((tx) => tx.conversations.list(null, SHOWN))),
        'first unread': async () => timed(() => store.read((tx) => tx.messages.firstUnread(FIRST))),
        '25 messages into the search index': async (n) => {
          indexAll(store)
          store.transaction((tx) => {
            for (let i = 0; i < INDEXED; i++) {
              const number = n + BEHIND_INSERTED + i * 10
              tx.messages.insert(message(number, { conversation: FIRST, text: textOf(number) }))
            }
          })
          return timed(() => store.transaction((tx) => tx.search.index(INDEXED)))
        },
        'delete one message': async (n) => {
          const [old] = store.read((tx) => tx.history.messages(n % FIRST_STORED, 1))
          return old ? remove(store, old.message) : NaN
        },
        'take a deleted message out of the search index, the longer of two steps': async (n) => {
          remove(store, message(n, { conversation: FIRST }))
          return Math.max(...stepsOf(store))
        },
      },
      atLast: async () => {
        indexAll(store)
        const clear = timed(() => store.transaction((tx) => tx.messages.clear(FIRST)))
        const steps = stepsOf(store).sort((a, b) => a - b)
        return {
          'delete a tenth of all messages, one conversation': clear,
          'its steps afterwards, median': steps[steps.length >> 1] ?? NaN,
          'its steps afterwards, longest': steps.at(-1) ?? NaN,
          'its steps afterwards, all together': steps.reduce((sum, each) => sum + each, 0),
        }
      },
      memory: () => null,
      close: async () => store.close(),
    }
  },
}
