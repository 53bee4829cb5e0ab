import { WAITING_DOWNLOADS } from '../../core/domain/keeper.ts'

/**
 * A file of the private file system on its way to the person's downloads: it lies on the disk, so that none is too long for memory. Whoever
 * writes to it or gives it out holds a lock of its name; the browser lets that go with the page, and what is left then is swept.
 */
export interface TemporaryFile {
  write(data: string | Uint8Array<ArrayBuffer>): Promise<void>
  /** All of it, as the disk has it. */
  finish(): Promise<File>
  /** Also one that was not finished. */
  remove(): Promise<void>
}

type Browser = Pick<Navigator, 'locks' | 'storage'>

const lockOf = (id: string): string => `${WAITING_DOWNLOADS}-${id}`

const folderOf = async ({ storage }: Browser, create: boolean): Promise<FileSystemDirectoryHandle> =>
  (await storage.getDirectory()).getDirectoryHandle(WAITING_DOWNLOADS, { create })

/** Answers what lets go of it. */
const hold = (locks: LockManager, name: string): Promise<() => void> =>
  new Promise((resolve, reject) => {
    locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject)
  })

/** Whether windows can write to the private file system; in Safari before 26 only workers can. */
export const canWriteTemporaryFiles = (): boolean =>
  'FileSystemFileHandle' in globalThis && 'createWritable' in FileSystemFileHandle.prototype

/** Throws what the browser throws when it cannot be made. */
export const openTemporaryFile = async (browser: Browser): Promise<TemporaryFile> => {
  const id = crypto.randomUUID()
  const release = await hold(browser.locks, lockOf(id))
  const remove = async (): Promise<void> => {
    try {
      await (await folderOf(browser, false)).removeEntry(id)
    } finally {
      release()
    }
  }
  try {
    const handle = await (await folderOf(browser, true)).getFileHandle(id, { create: true })
    const stream = await handle.createWritable()
    let isOpen = true
    return {
      write: (data) => stream.write(data),
      finish: async () => {
        await stream.close()
        isOpen = false
        return handle.getFile()
      },
      remove: async () => {
        if (isOpen) await stream.abort().catch(() => undefined)
        await remove()
      },
    }
  } catch (error) {
    await remove().catch(() => undefined)
    throw error
  }
}

/** Removes what pages that are gone have left. Chromium keeps what was not finished beside a file, by its name with an ending. */
export const sweepTemporaryFiles = async (browser: Browser): Promise<void> => {
  const folder = await folderOf(browser, false).catch(() => undefined)
  if (!folder) return
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  for (const name of names)
    await browser.locks.request(lockOf(name.split('.')[0] ?? ''), { ifAvailable: true }, async (lock) => {
      if (lock) await folder.removeEntry(name).catch(() => undefined)
    })
}
