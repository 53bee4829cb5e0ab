/** The store of the app: encrypted, through its repositories, opened as the app opens it. */
import { openPool } from '../../../../src/adapters/storage/browser-store.ts'
import { copyPool, removeFiles } from '../../../../src/adapters/storage/pool-files.ts'
import { anywhere, message } from '../../../contract/storage/samples.ts'
import { FIRST, textOf } from '../texts.ts'
import { writeChunks } from './chunks.ts'
import type { Engine } from './engine.ts'

const KEY = new Uint8Array(32).fill(0xab)
/** Header of a pool's file; that it is not valid does not matter to what copies a pool. */
const HEADER = 4_096
const SHOWN = 50

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
      onMade: async () => undefined,
      onDamage: () => {
        throw new Error('damaged')
      },
    })
    const find = async (text: string, limit: number) =>
      store.read((tx) => tx.search.find(anywhere(text), null, limit)).hits.length
    return {
      last: async (conversation, limit) =>
        store.read((tx) => tx.messages.newest({ conversation, limit })).length,
      word: (word, limit) => find(`"${word}"`, limit),
      prefix: find,
      part: async (part, limit) =>
        store.read((tx) =>
          tx.search.find(anywhere(part), { among: 'parts', before: Number.MAX_SAFE_INTEGER }, limit)
        ).hits.length,
      insert: async (n) =>
        store.transaction(
          (tx) => void tx.messages.insert(message(n, { conversation: FIRST, text: textOf(n) }))
        ),
      own: {
        'chat list, 50 rows': async () => store.read((tx) => tx.conversations.list(null, SHOWN)),
        'first unread': async () => store.read((tx) => tx.messages.firstUnread(FIRST)),
        'delete one message': async (n) =>
          store.transaction((tx) => tx.messages.remove(message(n, { conversation: FIRST, text: textOf(n) }))),
      },
      memory: () => null,
      close: async () => store.close(),
    }
  },
}
