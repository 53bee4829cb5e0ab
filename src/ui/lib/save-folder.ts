import type { Outcome } from '../../client/contract.ts'
import { err, ok } from '../../lib/result.ts'
import { download } from './save-file.ts'
import { tarOf } from './tar.ts'

/** Files below a folder of the private file system, the larger ones of which are worth keeping. */
const filesBelow = async (folder: FileSystemDirectoryHandle): Promise<File[]> => {
  const files: File[] = []
  for await (const entry of folder.values()) {
    if (entry instanceof FileSystemFileHandle) files.push(await entry.getFile())
    else if (entry instanceof FileSystemDirectoryHandle) files.push(...(await filesBelow(entry)))
  }
  return files
}

/** What a spare file of a database's folder holds. */
const EMPTY = 4_096

/** Gives the person the files of a folder as one download, straight from the disk. They are encrypted, as they lie there. */
export const saveFolder = async (name: string): Promise<Outcome<null>> => {
  try {
    const root = await navigator.storage.getDirectory()
    const files = await filesBelow(await root.getDirectoryHandle(name))
    const kept = files.filter(({ size }) => size > EMPTY)
    download(
      tarOf(kept.map((content) => ({ name: `${name}/${content.name}`, content }))),
      `${name}-damaged.tar`
    )
    return ok(null)
  } catch {
    return err({ kind: 'input', reason: 'file-unreadable' })
  }
}
