import type { CommitMark } from './commits.ts'
import { toFailure } from './failures.ts'
import { openSyncFile } from './sync-file.ts'

/** The count as a 64-bit number, then its complement: what does not match is no count. */
const LENGTH = 16
const ALL = 0xffff_ffff_ffff_ffffn

/** File of the mark of the database `name`, in the root of the origin's private file system. */
export const markFile = (name: string): string => `${name}.commits`

/**
 * A mark in a file of its own. It is written in place and not flushed: it outlives every crash but that of the machine, and then it is only
 * older. Throws `StorageFailure` ("locked") while another worker holds it.
 */
export const openCommitMark = async (name: string): Promise<CommitMark> => {
  try {
    const root = await navigator.storage.getDirectory()
    const file = await root.getFileHandle(markFile(name), { create: true })
    const handle = await openSyncFile(file)
    const bytes = new Uint8Array(LENGTH)
    const view = new DataView(bytes.buffer)
    return {
      read: () => {
        if (handle.read(bytes, { at: 0 }) < LENGTH) return null
        const count = view.getBigUint64(0)
        return (count ^ ALL) === view.getBigUint64(8) ? Number(count) : null
      },
      write: (count) => {
        view.setBigUint64(0, BigInt(count))
        view.setBigUint64(8, BigInt(count) ^ ALL)
        try {
          handle.write(bytes, { at: 0 })
        } catch {
          // A mark that cannot be written only notices less; the commit stands.
        }
      },
      close: () => handle.close(),
    }
  } catch (error) {
    throw toFailure(error)
  }
}
