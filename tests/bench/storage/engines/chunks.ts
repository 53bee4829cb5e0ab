import { openSyncFile, type SyncFile } from '../../../../src/adapters/storage/sync-file.ts'

/** Writes chunks one after the other, from `at` on, and closes the file. */
export const writeChunks = async (
  handle: FileSystemFileHandle,
  chunks: AsyncIterable<Uint8Array>,
  at = 0
): Promise<void> => {
  const file: SyncFile = await openSyncFile(handle)
  let end = at
  for await (const chunk of chunks) {
    file.write(chunk, { at: end })
    end += chunk.length
  }
  file.flush()
  file.close()
}
