import { concat, type Bytes } from '../bytes.ts'

const INDEX_LENGTH = 4
const DATA_LENGTH = 32
const ENTRY_LENGTH = INDEX_LENGTH + DATA_LENGTH

/** A 32-byte value with a 32-bit index. */
export type IndexedBytes = { readonly index: number; readonly data: Bytes }

/** Entries one after the other, each BE32(index) ‖ data; much cheaper to load than a message each. */
export const packEntries = (entries: readonly IndexedBytes[]): Bytes => {
  const out = new Uint8Array(entries.length * ENTRY_LENGTH)
  const view = new DataView(out.buffer)
  entries.forEach((entry, i) => {
    view.setUint32(i * ENTRY_LENGTH, entry.index)
    out.set(entry.data, i * ENTRY_LENGTH + INDEX_LENGTH)
  })
  return out
}

/** The reverse of `packEntries`, with copies; absent means none, `null` a wrong length. */
export const unpackEntries = (bytes: Uint8Array | undefined): IndexedBytes[] | null => {
  if (bytes === undefined) return []
  if (bytes.length % ENTRY_LENGTH !== 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: IndexedBytes[] = []
  for (let at = 0; at < bytes.length; at += ENTRY_LENGTH)
    entries.push({
      index: view.getUint32(at),
      data: concat(bytes.subarray(at + INDEX_LENGTH, at + ENTRY_LENGTH)),
    })
  return entries
}
