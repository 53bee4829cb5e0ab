import type { Sqlite3Static } from '@evolu/sqlite-wasm'
import type { SqlRow, SqlStatement, SqlValue } from './driver.ts'

/** Where something lies in the WebAssembly's memory. */
type Pointer = number

/**
 * SQLite's functions as they lie in the WebAssembly. The engine's own objects over them check and convert with each call, which costs some
 * microseconds a column: more than all else of reading fifty messages.
 */
interface Exports {
  sqlite3_bind_blob(statement: Pointer, at: number, from: Pointer, length: number, release: number): number
  sqlite3_bind_double(statement: Pointer, at: number, value: number): number
  sqlite3_bind_int(statement: Pointer, at: number, value: number): number
  sqlite3_bind_int64(statement: Pointer, at: number, value: bigint): number
  sqlite3_bind_null(statement: Pointer, at: number): number
  sqlite3_bind_text(statement: Pointer, at: number, from: Pointer, length: number, release: number): number
  sqlite3_changes(database: Pointer): number
  sqlite3_clear_bindings(statement: Pointer): number
  sqlite3_column_blob(statement: Pointer, at: number): Pointer
  sqlite3_column_bytes(statement: Pointer, at: number): number
  sqlite3_column_double(statement: Pointer, at: number): number
  sqlite3_column_text(statement: Pointer, at: number): Pointer
  sqlite3_column_type(statement: Pointer, at: number): number
  sqlite3_reset(statement: Pointer): number
  sqlite3_step(statement: Pointer): number
}

/** SQLITE_TRANSIENT: what is bound is copied at once. */
const COPY = -1
/** Bytes of UTF-8 that a unit of a JavaScript string takes at most. */
const MOST_BYTES = 3
const SCRATCH = 4096

interface Opened {
  readonly engine: Sqlite3Static
  readonly database: Pointer
}

/** Makes statements of an open database out of pointers to prepared ones. What SQLite refuses is thrown as the engine's own error. */
export const createStatements = ({
  engine,
  database,
}: Opened): ((prepared: Pointer, columns: readonly string[]) => SqlStatement) => {
  const { capi, wasm } = engine
  const exports = wasm.exports as Exports
  const encoder = new TextEncoder()
  // A text may begin with U+FEFF and may hold U+0000: the bytes of the column are whole.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const scratch = { at: wasm.alloc(SCRATCH), size: SCRATCH }

  const room = (size: number): number => {
    if (size > scratch.size) {
      scratch.at = wasm.realloc(scratch.at, size)
      scratch.size = size
    }
    return scratch.at
  }
  const check = (code: number): void => {
    if (code !== capi.SQLITE_OK) engine.oo1.DB.checkRc(database, code)
  }

  const bind = (statement: Pointer, at: number, value: SqlValue): number => {
    if (value === null) return exports.sqlite3_bind_null(statement, at)
    if (typeof value === 'string') {
      const size = value.length * MOST_BYTES
      const from = room(size)
      const { written } = encoder.encodeInto(value, wasm.heap8u().subarray(from, from + size))
      return exports.sqlite3_bind_text(statement, at, from, written, COPY)
    }
    if (typeof value === 'number') {
      if ((value | 0) === value) return exports.sqlite3_bind_int(statement, at, value)
      return Number.isInteger(value)
        ? exports.sqlite3_bind_int64(statement, at, BigInt(value))
        : exports.sqlite3_bind_double(statement, at, value)
    }
    const from = room(value.length)
    wasm.heap8u().set(value, from)
    return exports.sqlite3_bind_blob(statement, at, from, value.length, COPY)
  }

  const bytesAt = (from: Pointer, statement: Pointer, column: number): Uint8Array =>
    wasm.heap8u().subarray(from, from + exports.sqlite3_column_bytes(statement, column))

  const valueAt = (statement: Pointer, column: number): SqlValue => {
    switch (exports.sqlite3_column_type(statement, column)) {
      case capi.SQLITE_TEXT:
        return decoder.decode(bytesAt(exports.sqlite3_column_text(statement, column), statement, column))
      case capi.SQLITE_INTEGER:
      case capi.SQLITE_FLOAT:
        return exports.sqlite3_column_double(statement, column)
      case capi.SQLITE_BLOB:
        return bytesAt(exports.sqlite3_column_blob(statement, column), statement, column).slice()
      default:
        return null
    }
  }

  return (prepared, columns) => {
    const read = (): SqlRow => {
      const row: Record<string, SqlValue> = {}
      columns.forEach((name, column) => (row[name] = valueAt(prepared, column)))
      return row
    }
    const rows = (values: readonly SqlValue[], most: number): SqlRow[] => {
      try {
        values.forEach((value, index) => check(bind(prepared, index + 1, value)))
        const out: SqlRow[] = []
        while (out.length < most) {
          const code = exports.sqlite3_step(prepared)
          if (code === capi.SQLITE_DONE) break
          if (code !== capi.SQLITE_ROW) check(code)
          out.push(read())
        }
        return out
      } finally {
        exports.sqlite3_reset(prepared)
        exports.sqlite3_clear_bindings(prepared)
      }
    }
    return {
      run: (...values) => {
        rows(values, Infinity)
        return exports.sqlite3_changes(database)
      },
      get: (...values) => rows(values, 1)[0],
      all: (...values) => rows(values, Infinity),
    }
  }
}
