import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreUnavailable } from '../db/unavailable.ts'
import type { BlobFiles } from './blob-files.ts'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** A folder a blob, a file a piece: no file of an attachment's own size or name. Two levels, so that no folder gets long. */
export const createDiskFiles = (root: string): BlobFiles => {
  const folderOf = (id: string): string => join(root, id.slice(0, 2), id)
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw new StoreUnavailable(error)
    }
  }
  return {
    put: (id, piece, bytes) =>
      guarded(async () => {
        const folder = folderOf(id)
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const file = join(folder, String(piece))
        const handle = await open(`${file}.new`, 'w', 0o600)
        try {
          await handle.writeFile(bytes)
          await handle.datasync()
        } finally {
          await handle.close()
        }
        await rename(`${file}.new`, file)
        // The name is durable only with the folder.
        const entry = await open(folder)
        await entry.sync().finally(() => entry.close())
      }),
    get: (id, piece) =>
      guarded(async () => {
        try {
          return await readFile(join(folderOf(id), String(piece)))
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      }),
    remove: (id) => guarded(() => rm(folderOf(id), { recursive: true, force: true })),
  }
}
