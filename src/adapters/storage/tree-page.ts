import type { SqlDriver } from './driver.ts'

/** A page of a tree, as far as recovery needs it. https://sqlite.org/fileformat.html#b_tree_pages */
export interface TreePage {
  /** Of an ordinary table; otherwise of an index or a table without row ids. */
  readonly isByRowid: boolean
  readonly children: readonly number[]
  /** Where its cells begin; those of inner pages begin with the number of a child. */
  readonly cells: readonly number[]
  /** How many fields its first row has; 0 where it has no rows. */
  readonly fields: number
}

const KINDS: Readonly<Record<number, { readonly isByRowid: boolean; readonly isLeaf: boolean }>> = {
  0x02: { isByRowid: false, isLeaf: false },
  0x05: { isByRowid: true, isLeaf: false },
  0x0a: { isByRowid: false, isLeaf: true },
  0x0d: { isByRowid: true, isLeaf: true },
}

/** The bytes of a page, without their encryption; undefined where it cannot be read. */
export const bytesOfPage = (driver: SqlDriver, number: number): Uint8Array | undefined => {
  try {
    const data = driver.prepare('SELECT data FROM sqlite_dbpage WHERE pgno = ?').get(number)?.['data']
    return data instanceof Uint8Array ? data : undefined
  } catch {
    return undefined
  }
}

/** What a page is; undefined for one that is of no tree. */
export const readPage = (driver: SqlDriver, number: number): TreePage | 'unreadable' | undefined => {
  const data = bytesOfPage(driver, number)
  return data ? pageOf(data, number) : 'unreadable'
}

/** The same, of bytes that were read already. */
export const pageOf = (data: Uint8Array, number: number): TreePage | undefined => {
  // Before the header of the first page there is that of the database.
  const at = number === 1 ? 100 : 0
  const kind = KINDS[data[at] ?? 0]
  if (!kind) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const cells = Array.from({ length: view.getUint16(at + 3) }, (_, index) =>
    view.getUint16(at + (kind.isLeaf ? 8 : 12) + 2 * index)
  )
  const children = kind.isLeaf ? [] : [...cells.map((cell) => view.getUint32(cell)), view.getUint32(at + 8)]
  const [first] = cells
  if (first === undefined || (kind.isByRowid && !kind.isLeaf)) return { ...kind, children, cells, fields: 0 }
  const next = reader(data, kind.isLeaf ? first : first + 4)
  next.varint() // the length of the row
  if (kind.isByRowid) next.varint() // its id
  return { ...kind, children, cells, fields: countFields(next) }
}

/** A row begins with the length of its header and the kind of each field. */
const countFields = (next: ReturnType<typeof reader>): number => {
  const begin = next.at()
  const end = begin + next.varint()
  let fields = 0
  while (next.at() < end) {
    next.varint()
    fields += 1
  }
  return fields
}

/** Reads numbers out of bytes, one after the other. */
export const reader = (data: Uint8Array, from: number) => {
  let at = from
  return {
    at: () => at,
    /** Up to nine bytes, the highest first; longer ones than fit a number do not occur where it is used. */
    varint: (): number => {
      let value = 0
      for (let length = 1; ; length++) {
        const byte = data[at++] ?? 0
        if (length === 9) return value * 256 + byte
        value = value * 128 + (byte & 0x7f)
        if (byte < 0x80) return value
      }
    },
  }
}
