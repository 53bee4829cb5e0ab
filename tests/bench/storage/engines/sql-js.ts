/** sql.js: all of the database in memory, and the whole file written with every commit. It has no FTS5. */
import initSqlJs from 'sql.js/dist/sql-wasm-browser.js'
import wasmUrl from 'sql.js/dist/sql-wasm-browser.wasm?url'
import { openSyncFile } from '../../../../src/adapters/storage/sync-file.ts'
import { writeChunks } from './chunks.ts'
import { INSERT, insertValues } from './plain-sql.ts'
import type { Engine } from './engine.ts'

const ORDER = 'clock_physical DESC, clock_logical DESC, author DESC, id DESC'
const SEARCH = `SELECT m.* FROM messages_words JOIN messages m ON m.pk = messages_words.docid
  WHERE messages_words MATCH ? ORDER BY messages_words.docid DESC LIMIT ?`

export const sqlJs: Engine = {
  put: async (name, chunks) => {
    const root = await navigator.storage.getDirectory()
    await writeChunks(await root.getFileHandle(`${name}.sqljs`, { create: true }), chunks)
  },
  open: async (name) => {
    const root = await navigator.storage.getDirectory()
    const handle = await root.getFileHandle(`${name}.sqljs`, { create: true })
    const [engine, bytes] = await Promise.all([
      initSqlJs({ locateFile: () => wasmUrl }),
      handle.getFile().then((file) => file.arrayBuffer()),
    ])
    const file = await openSyncFile(handle)
    const database = new engine.Database(new Uint8Array(bytes))
    const statements = new Map<string, ReturnType<typeof database.prepare>>()
    const rows = async (sql: string, values: readonly (string | number | null)[]): Promise<number> => {
      const statement = statements.get(sql) ?? database.prepare(sql)
      statements.set(sql, statement)
      statement.bind([...values])
      let count = 0
      for (; statement.step(); count++) statement.getAsObject()
      statement.reset()
      return count
    }
    return {
      last: (conversation, limit) =>
        rows(`SELECT * FROM messages WHERE conversation = ? ORDER BY ${ORDER} LIMIT ?`, [
          conversation,
          limit,
        ]),
      word: (word, limit) => rows(SEARCH, [word, limit]),
      prefix: (prefix, limit) => rows(SEARCH, [`${prefix}*`, limit]),
      part: (part, limit) =>
        rows('SELECT * FROM messages WHERE text LIKE ? ORDER BY pk DESC LIMIT ?', [`%${part}%`, limit]),
      insert: async (n) => {
        await rows(INSERT, insertValues(n) as (string | number | null)[])
        // Ends every statement that is open, so they are prepared anew.
        const whole = database.export()
        statements.clear()
        file.write(whole, { at: 0 })
        file.truncate(whole.length)
        file.flush()
      },
      memory: () => null,
      close: async () => {
        database.close()
        file.close()
      },
    }
  },
}
