/** The official build on the same kind of pool, unencrypted, with the same settings. */
import sqlite3InitModule from '@sqlite.org/sqlite-wasm'
import { COMMON_PRAGMAS } from '../../../../src/adapters/storage/driver.ts'
import type { SqlValue } from '../../../../src/adapters/storage/driver.ts'
import { plainSql } from './plain-sql.ts'
import type { Engine } from './engine.ts'

const load = async (name: string) => {
  const engine = await sqlite3InitModule()
  const pool = await engine.installOpfsSAHPoolVfs({ name, directory: `/${name}`, initialCapacity: 6 })
  return { engine, pool }
}

export const sqliteWasm: Engine = {
  put: async (name, chunks) => {
    const { pool } = await load(name)
    const reader = chunks[Symbol.asyncIterator]()
    await pool.importDb(`/${name}.db`, async () => {
      const next = await reader.next()
      return next.done ? undefined : next.value
    })
    pool.pauseVfs()
  },
  open: async (name) => {
    const { engine, pool } = await load(name)
    const database = new pool.OpfsSAHPoolDb(`/${name}.db`)
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL')
    for (const pragma of COMMON_PRAGMAS) database.exec(pragma)
    const statements = new Map<string, ReturnType<typeof database.prepare>>()
    const rows = async (sql: string, values: readonly SqlValue[]): Promise<number> => {
      const prepared = statements.get(sql) ?? database.prepare(sql)
      statements.set(sql, prepared)
      try {
        if (values.length > 0) prepared.bind([...values])
        let count = 0
        for (; prepared.step(); count++) prepared.get({})
        return count
      } finally {
        prepared.reset(true)
      }
    }
    return {
      ...plainSql(rows),
      memory: () => engine.wasm.heap8u().byteLength,
      close: async () => {
        for (const statement of statements.values()) statement.finalize()
        database.close()
        pool.pauseVfs()
      },
    }
  },
}
