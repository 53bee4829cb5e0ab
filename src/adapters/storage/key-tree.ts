import type { SqlDriver, SqlRow, SqlValue } from './driver.ts'
import { bytesOfPage, pageOf, reader } from './tree-page.ts'

/** Where a database's header says how many bytes of each page are not SQLite's. https://sqlite.org/fileformat.html#the_database_header */
const RESERVED = 20

interface Source {
  readonly driver: SqlDriver
  /** In the order in which rows are stored: those of the key come first. */
  readonly columns: readonly string[]
  /** Bytes of a page that are SQLite's. */
  readonly usable: number
}

/**
 * Rows of a table that is its own index, page by page, so that none is out of reach because another page is damaged; undefined for each page or row
 * that cannot be read. Trees below a page that cannot be read are not among them. Undefined where pages cannot be looked at.
 */
export const rowsOnPages = (
  driver: SqlDriver,
  table: string
): Generator<SqlRow | undefined, undefined, undefined> | undefined => {
  const root = driver
    .prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .get(table)?.['rootpage']
  const first = bytesOfPage(driver, 1)
  if (!first || typeof root !== 'number') return undefined
  const columns = driver
    .prepare('SELECT name FROM pragma_table_info(?) ORDER BY pk = 0, pk, cid')
    .all(table)
    .map(({ name }) => String(name))
  return below({ driver, columns, usable: first.length - (first[RESERVED] ?? 0) }, root, new Set())
}

function* below(
  source: Source,
  number: number,
  seen: Set<number>
): Generator<SqlRow | undefined, undefined, undefined> {
  // A page that leads to itself would be read for ever.
  if (seen.has(number)) return undefined
  seen.add(number)
  const data = bytesOfPage(source.driver, number)
  const page = data && pageOf(data, number)
  if (!data || !page || page.isByRowid) {
    yield undefined
    return undefined
  }
  for (const cell of page.cells) yield rowAt(source, data, page.children.length > 0 ? cell + 4 : cell)
  for (const child of page.children) yield* below(source, child, seen)
  return undefined
}

/** https://sqlite.org/fileformat.html#b_tree_pages, "index b-tree cell". */
const rowAt = (source: Source, data: Uint8Array, at: number): SqlRow | undefined => {
  const next = reader(data, at)
  const length = next.varint()
  const local = localLength(length, source.usable)
  const begin = data.subarray(next.at(), next.at() + local)
  const record =
    local < length ? withOverflow(source, { begin, length, next: uint32(data, next.at() + local) }) : begin
  return record && valuesOf(record, source.columns)
}

/** How much of a row lies on its page. https://sqlite.org/fileformat.html#cell_payload_overflow_pages */
const localLength = (length: number, usable: number): number => {
  const most = Math.floor(((usable - 12) * 64) / 255) - 23
  if (length <= most) return length
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const local = least + ((length - least) % (usable - 4))
  return local <= most ? local : least
}

const uint32 = (data: Uint8Array, at: number): number =>
  new DataView(data.buffer, data.byteOffset).getUint32(at)

interface Cut {
  readonly begin: Uint8Array
  /** Of all of it. */
  readonly length: number
  /** The page where it goes on. */
  readonly next: number
}

/** The whole row; undefined when a page of it cannot be read. */
const withOverflow = ({ driver, usable }: Source, { begin, length, next }: Cut): Uint8Array | undefined => {
  const record = new Uint8Array(length)
  record.set(begin)
  for (let at = begin.length, number = next; at < length;) {
    const data = bytesOfPage(driver, number)
    if (!data) return undefined
    const part = data.subarray(4, Math.min(usable, 4 + length - at))
    record.set(part, at)
    at += part.length
    number = uint32(data, 0)
  }
  return record
}

/** https://sqlite.org/fileformat.html#record_format */
const valuesOf = (record: Uint8Array, columns: readonly string[]): SqlRow => {
  const kinds = reader(record, 0)
  const header = kinds.varint()
  const values: Record<string, SqlValue> = {}
  let at = header
  for (const column of columns) {
    // Rows from before the table was given more columns have fewer.
    if (kinds.at() >= header) break
    const kind = kinds.varint()
    const size = sizeOf(kind)
    values[column] = valueOf(kind, record.slice(at, at + size))
    at += size
  }
  return values
}

/** Bytes of numbers by their kind; 8 and 9 are the numbers 0 and 1 themselves. */
const SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]
const REAL = 7
const ZERO = 8
const ONE = 9
const sizeOf = (kind: number): number => SIZES[kind] ?? Math.floor((kind - 12) / 2)

const valueOf = (kind: number, bytes: Uint8Array): SqlValue => {
  if (kind === 0) return null
  if (kind === ZERO || kind === ONE) return kind - ZERO
  if (kind >= 12) return kind % 2 === 0 ? bytes : new TextDecoder().decode(bytes)
  if (kind === REAL) return new DataView(bytes.buffer).getFloat64(0)
  const value = bytes.reduce<bigint>((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return Number(BigInt.asIntN(8 * bytes.length, value))
}
