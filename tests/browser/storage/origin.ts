/** What lies in the origin's stores, as a test looks at it from the page. */

const PAGE = 4_096

/** Everything below a folder of the private file system, by path. */
const filesBelow = async (
  folder: FileSystemDirectoryHandle,
  path = ''
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const found = new Map<string, Uint8Array>()
  for await (const [name, handle] of folder.entries()) {
    if (handle instanceof FileSystemFileHandle)
      found.set(`${path}/${name}`, new Uint8Array(await (await handle.getFile()).arrayBuffer()))
    else if (handle instanceof FileSystemDirectoryHandle)
      for (const entry of await filesBelow(handle, `${path}/${name}`)) found.set(...entry)
  }
  return found
}
export const filesOf = async (name: string) =>
  filesBelow(await (await navigator.storage.getDirectory()).getDirectoryHandle(name))

const keys = async (): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('mepassa-keys', 1)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error ?? new Error('no keys'))
  })
export const inKeys = async <T>(work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
  const database = await keys()
  try {
    return await new Promise<T>((resolve, reject) => {
      const writing = database.transaction('keys', 'readwrite')
      const request = work(writing.objectStore('keys'))
      writing.oncomplete = () => resolve(request.result)
      writing.onabort = () => reject(writing.error ?? new Error('aborted'))
    })
  } finally {
    database.close()
  }
}

/** Rewrites the database in a folder: its largest file, behind the pool's own header of 4 KiB. Answers how many pages it has. */
const rewrite = async (name: string, change: (database: Uint8Array) => void): Promise<number> => {
  const root = await navigator.storage.getDirectory()
  const folder = await (await root.getDirectoryHandle(name)).getDirectoryHandle('.opaque')
  const [[path = '', bytes = new Uint8Array()] = []] = [...(await filesOf(name))].sort(
    ([, a], [, b]) => b.length - a.length
  )
  const changed = new Uint8Array(bytes)
  change(changed.subarray(PAGE))
  const writing = await (await folder.getFileHandle(path.split('/').at(-1) ?? '')).createWritable()
  await writing.write(changed)
  await writing.close()
  return changed.length / PAGE - 1
}

/** Flips one bit of the database in a folder. */
export const flipBit = async (name: string, at: number): Promise<void> => {
  await rewrite(name, (database) => {
    database[at] = (database[at] ?? 0) ^ 1
  })
}

/** Flips a bit in the middle of some pages of the database in a folder; which, counted from 0, `isHarmed` says. Answers how many pages there are. */
export const harmPages = (name: string, isHarmed: (page: number) => boolean): Promise<number> =>
  rewrite(name, (database) => {
    for (let page = 0; page * PAGE < database.length; page++) {
      const at = page * PAGE + PAGE / 2
      if (isHarmed(page)) database[at] = (database[at] ?? 0) ^ 1
    }
  })

/** A pool with one file that stands for nothing, which the copy of it takes for its database. */
export const writePool = async (name: string, database: Uint8Array): Promise<void> => {
  const root = await navigator.storage.getDirectory()
  const pool = await root.getDirectoryHandle(name, { create: true })
  const folder = await pool.getDirectoryHandle('.opaque', { create: true })
  const writing = await (await folder.getFileHandle('database', { create: true })).createWritable()
  await writing.write(new Blob([new Uint8Array(PAGE), new Uint8Array(database)]))
  await writing.close()
}
