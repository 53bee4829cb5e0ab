import sqlite3InitModule, { type Database, type Sqlite3Static } from '@evolu/sqlite-wasm'
import { StorageFailure } from '../../core/ports/storage.ts'
import {
  COMMON_PRAGMAS,
  filePragmas,
  type SqlDriver,
  type SqlRow,
  type SqlStatement,
  type SqlValue,
} from './driver.ts'
import { toFailure } from './failures.ts'

/** Files that the pool keeps open: database, WAL and journals, with room to spare. */
const POOL_FILES = 6

/** The engine's types do not name this option: 0 is silent, 1 tells errors to the logger. */
const VERBOSITY = { verbosity: 1 }

export interface BrowserDatabase {
  /** One pool of files a name, in a folder of the same name. */
  readonly name: string
  /** 64 hex digits. */
  readonly keyHex: string
  /** When the file is not there: true throws "damaged", false makes it. */
  readonly mustExist: boolean
}

/** Turns what the engine throws into ours, with what the platform had said of the file. */
type Guard = <T>(work: () => T) => T

/**
 * Loads the engine. Of a failed write SQLite says only "input/output error"; the browser's own error, which tells a full disk from a
 * broken one, goes to the engine's logger and is caught there.
 */
const loadEngine = async (): Promise<{ engine: Sqlite3Static; guard: Guard }> => {
  let fromPlatform: unknown
  const error = (...told: unknown[]): void => {
    fromPlatform = told.find((item) => item instanceof DOMException) ?? fromPlatform
  }
  const silent = (): void => undefined
  // The engine reads and removes this while it starts.
  Object.assign(globalThis, { sqlite3ApiConfig: { error, warn: silent, log: silent, debug: silent } })
  const engine = await sqlite3InitModule({ print: silent, printErr: silent })
  const guard: Guard = (work) => {
    try {
      fromPlatform = undefined
      return work()
    } catch (thrown) {
      throw toFailure(thrown, fromPlatform)
    }
  }
  return { engine, guard }
}

/**
 * SQLite3MultipleCiphers on OPFS, in a dedicated worker that holds the profile's lock. The pool's directory is exclusive: a second
 * opener fails with `locked` and changes nothing (see the patch of the engine).
 */
export const openBrowserDriver = async ({ name, keyHex, mustExist }: BrowserDatabase): Promise<SqlDriver> => {
  // An engine of its own for each opening: one that failed to open a pool remembers the failure.
  const { engine, guard } = await loadEngine()
  const pool = await engine
    .installOpfsSAHPoolVfs({
      name: 'opfs-sahpool',
      directory: `/${name}`,
      initialCapacity: POOL_FILES,
      ...VERBOSITY,
    })
    .catch((error: unknown) => {
      throw toFailure(error)
    })
  let database: Database | undefined
  const close = (): void => {
    try {
      guard(() => database?.close())
    } finally {
      // Gives the files back: another worker of the profile may be waiting for them.
      pool.pauseVfs()
    }
  }
  try {
    // A worker that was killed while it made the pool leaves a smaller one.
    await pool.reserveMinimumCapacity(POOL_FILES)
    const path = `/${name}.db`
    if (mustExist && !pool.getFileNames().includes(path)) throw new StorageFailure('damaged')
    const opened = guard(() => new pool.OpfsSAHPoolDb(`file:${path}?vfs=multipleciphers-opfs-sahpool`))
    database = opened
    guard(() => {
      for (const pragma of [...filePragmas(keyHex), ...COMMON_PRAGMAS]) opened.exec(pragma)
      opened.selectValue('SELECT count(*) FROM sqlite_schema')
    })
    return fromDatabase(opened, guard, close, () => Number(engine.capi.sqlite3_last_insert_rowid(opened)))
  } catch (error) {
    close()
    throw toFailure(error)
  }
}

const fromDatabase = (
  database: Database,
  guard: Guard,
  close: () => void,
  lastInsertId: () => number
): SqlDriver => {
  const statements = new Map<string, SqlStatement>()
  const prepare = (sql: string): SqlStatement => {
    const statement = guard(() => database.prepare(sql))
    const rows = (values: SqlValue[], most: number): SqlRow[] =>
      guard(() => {
        try {
          if (values.length > 0) statement.bind(values)
          const out: SqlRow[] = []
          while (out.length < most && statement.step()) out.push(statement.get({}) as SqlRow)
          return out
        } finally {
          statement.reset(true)
        }
      })
    return {
      run: (...values) => {
        rows(values, Infinity)
        return database.changes()
      },
      get: (...values) => rows(values, 1)[0],
      all: (...values) => rows(values, Infinity),
    }
  }
  return {
    exec: (sql) => guard(() => void database.exec(sql)),
    prepare: (sql) => {
      const known = statements.get(sql) ?? prepare(sql)
      statements.set(sql, known)
      return known
    },
    lastInsertId,
    close,
  }
}
