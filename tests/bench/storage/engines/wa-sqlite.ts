/** wa-sqlite with the file system of its own that flushes once a commit, unencrypted. */
import { Factory, SQLITE_ROW } from '@journeyapps/wa-sqlite'
import createModule from '@journeyapps/wa-sqlite/dist/wa-sqlite.mjs'
import { OPFSWriteAheadVFS } from '@journeyapps/wa-sqlite/src/examples/OPFSWriteAheadVFS.js'
import { COMMON_PRAGMAS, type SqlValue } from '../../../../src/adapters/storage/driver.ts'
import { writeChunks } from './chunks.ts'
import { plainSql } from './plain-sql.ts'
import type { Engine } from './engine.ts'

const FILE = 'wa'

export const waSqlite: Engine = {
  put: async (name, chunks) => {
    const root = await navigator.storage.getDirectory()
    await writeChunks(await root.getFileHandle(`${name}.${FILE}`, { create: true }), chunks)
  },
  open: async (name) => {
    const module = (await createModule()) as { readonly HEAPU8: Uint8Array }
    const engine = Factory(module)
    const files = await OPFSWriteAheadVFS.create('opfs', module, {})
    engine.vfs_register(files, true)
    const database = await engine.open_v2(`/${name}.${FILE}`)
    for (const pragma of COMMON_PRAGMAS) await engine.exec(database, pragma)
    const statements = new Map<string, number>()
    const prepared = async (sql: string): Promise<number> => {
      const known = statements.get(sql)
      if (known !== undefined) return known
      for await (const statement of engine.statements(database, sql, { unscoped: true })) {
        statements.set(sql, statement)
        return statement
      }
      throw new Error(sql)
    }
    const rows = async (sql: string, values: readonly SqlValue[]): Promise<number> => {
      const statement = await prepared(sql)
      if (values.length > 0) engine.bind_collection(statement, [...values])
      let count = 0
      while ((await engine.step(statement)) === SQLITE_ROW) {
        engine.row(statement)
        count += 1
      }
      await engine.reset(statement)
      return count
    }
    return {
      ...plainSql(rows),
      memory: () => module.HEAPU8.byteLength,
      close: async () => {
        for (const statement of statements.values()) await engine.finalize(statement)
        await engine.close(database)
      },
    }
  },
}
