import type { Bytes } from '../bytes.ts'

const INDEX_LENGTH = 4
const DATA_LENGTH = 32
/** Length of an entry: BE32(index) ‖ data. */
export const ENTRY_LENGTH = INDEX_LENGTH + DATA_LENGTH

/** A 32-byte value with a 32-bit index. */
export type IndexedBytes = { readonly index: number; readonly data: Bytes }

/**
 * Indexed values as one byte string, an entry after the other. Lists of thousands of keys are stored, loaded and searched
 * with every message, which this form makes cheap. A list belongs to one holder, whose functions below may overwrite it.
 */
export type PackedList = Bytes

export const EMPTY_LIST: PackedList = new Uint8Array(0)

/** Whether bytes can be a list. */
export const isPackedList = (bytes: Uint8Array): boolean => bytes.length % ENTRY_LENGTH === 0

export const countOf = (list: PackedList): number => list.length / ENTRY_LENGTH

const viewOf = (list: PackedList): DataView => new DataView(list.buffer, list.byteOffset, list.length)

/** Index of the entry at `place`. */
export const indexAt = (list: PackedList, place: number): number =>
  viewOf(list).getUint32(place * ENTRY_LENGTH)

/** Data of the entry at `place`, a view. */
export const dataAt = (list: PackedList, place: number): Bytes =>
  list.subarray(place * ENTRY_LENGTH + INDEX_LENGTH, (place + 1) * ENTRY_LENGTH)

/** Place of the entry with that index, or −1. */
export const placeOf = (list: PackedList, index: number): number => {
  const view = viewOf(list)
  for (let at = 0; at < list.length; at += ENTRY_LENGTH)
    if (view.getUint32(at) === index) return at / ENTRY_LENGTH
  return -1
}

/** The list with more entries at its end. The old bytes are wiped, the new entries' are copied. */
export const append = (list: PackedList, entries: readonly IndexedBytes[]): PackedList => {
  const out = new Uint8Array(list.length + entries.length * ENTRY_LENGTH)
  out.set(list)
  list.fill(0)
  const view = viewOf(out)
  entries.forEach((entry, i) => {
    const at = list.length + i * ENTRY_LENGTH
    view.setUint32(at, entry.index)
    out.set(entry.data, at + INDEX_LENGTH)
  })
  return out
}

/** Takes the entry with that index out of the list; `null` when there is none. */
export const takeEntry = (
  list: PackedList,
  index: number
): { readonly data: Bytes; readonly rest: PackedList } | null => {
  const place = placeOf(list, index)
  if (place < 0) return null
  const data = dataAt(list, place).slice()
  list.copyWithin(place * ENTRY_LENGTH, (place + 1) * ENTRY_LENGTH)
  const end = list.length - ENTRY_LENGTH
  list.fill(0, end)
  return { data, rest: list.subarray(0, end) }
}

/** The list without its oldest (first) entries; no more than `max` are left. The others are wiped. */
export const keepNewest = (list: PackedList, max: number): PackedList => {
  const start = Math.max(0, list.length - max * ENTRY_LENGTH)
  list.fill(0, 0, start)
  return list.subarray(start)
}
