import sqlite3InitModule, {
  type Database,
  type PreparedStatement,
  type Sqlite3Static,
} from '@evolu/sqlite-wasm'
import { StorageFailure } from '../../core/ports/storage.ts'
import { COMMON_PRAGMAS, filePragmas, type SqlDriver, type SqlStatement } from './driver.ts'
import { createStatements } from './browser-statement.ts'
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
  /** Of a new file, 32 hex digits; random unless told. */
  readonly saltHex?: string
  /**
   * A database was made with this key and opened: one that is missing or broken is "damaged". Before that, whatever is found is what an
   * interrupted making left, and is made anew.
   */
  readonly isUsed: boolean
  /** Is called, once, when damage is met after it was opened. */
  readonly onDamage?: () => void
}

/** Turns what the engine throws into ours, with what the platform had said of the file. */
type Guard = <T>(work: () => T) => T

/**
 * Loads the engine. Of a failed write SQLite says only "input/output error"; the browser's own error, which tells a full disk from a
 * broken one, goes to the engine's logger and is caught there.
 */
const loadEngine = async (onDamage: () => void): Promise<{ engine: Sqlite3Static; guard: Guard }> => {
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
      const failure = toFailure(thrown, fromPlatform)
      if (failure.error.reason === 'damaged') onDamage()
      throw failure
    }
  }
  return { engine, guard }
}

/**
 * SQLite3MultipleCiphers on OPFS, in a dedicated worker that holds the profile's lock. The pool's directory is exclusive: a second
 * opener fails with `locked` and changes nothing (see the patch of the engine).
 */
export const openBrowserDriver = async ({
  name,
  keyHex,
  saltHex,
  isUsed,
  onDamage,
}: BrowserDatabase): Promise<SqlDriver> => {
  let tellDamage: (() => void) | undefined
  // An engine of its own for each opening: one that failed to open a pool remembers the failure.
  const { engine, guard } = await loadEngine(() => {
    tellDamage?.()
    tellDamage = undefined
  })
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
  const path = `/${name}.db`
  const start = (): SqlDriver => {
    const database = guard(() => new pool.OpfsSAHPoolDb(`file:${path}?vfs=multipleciphers-opfs-sahpool`))
    try {
      const driver = driverOver({ engine, database, guard, release: () => void pool.pauseVfs() })
      for (const pragma of [...filePragmas(keyHex, saltHex), ...COMMON_PRAGMAS]) driver.exec(pragma)
      driver.exec('SELECT count(*) FROM sqlite_schema')
      return driver
    } catch (error) {
      database.close()
      throw error
    }
  }
  try {
    // A worker that was killed while it made the pool leaves a smaller one.
    await pool.reserveMinimumCapacity(POOL_FILES)
    if (isUsed && !pool.getFileNames().includes(path)) throw new StorageFailure('damaged')
    try {
      const driver = start()
      tellDamage = onDamage
      return driver
    } catch (error) {
      if (isUsed || toFailure(error).error.reason !== 'damaged') throw error
      await pool.wipeFiles()
      return start()
    }
  } catch (error) {
    // Gives the files back: another worker of the profile may be waiting for them.
    pool.pauseVfs()
    throw toFailure(error)
  }
}

interface Opened {
  readonly engine: Sqlite3Static
  readonly database: Database
  readonly guard: Guard
  readonly release: () => void
}

const driverOver = ({ engine, database, guard, release }: Opened): SqlDriver => {
  const statementOf = createStatements({ engine, database: database.pointer ?? 0 })
  const statements = new Map<
    string,
    { readonly prepared: PreparedStatement; readonly statement: SqlStatement }
  >()

  /** What lies below checks nothing: a statement that outlived its database would read memory of others. */
  const whileOpen: Guard = (work) => {
    if (!database.isOpen()) throw new StorageFailure('unavailable')
    return guard(work)
  }
  const prepare = (prepared: PreparedStatement): SqlStatement => {
    const columns = prepared.columnCount > 0 ? prepared.getColumnNames() : []
    const { run, get, all } = statementOf(prepared.pointer ?? 0, columns)
    return {
      run: (...values) => whileOpen(() => run(...values)),
      get: (...values) => whileOpen(() => get(...values)),
      all: (...values) => whileOpen(() => all(...values)),
    }
  }

  return {
    exec: (sql) => guard(() => void database.exec(sql)),
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known) return known.statement
      const prepared = guard(() => database.prepare(sql))
      const statement = prepare(prepared)
      statements.set(sql, { prepared, statement })
      return statement
    },
    lastInsertId: () => Number(engine.capi.sqlite3_last_insert_rowid(database)),
    close: () => {
      try {
        // A statement that is left keeps the files open.
        for (const { prepared } of statements.values()) prepared.finalize()
        guard(() => database.close())
      } finally {
        release()
      }
    },
  }
}
