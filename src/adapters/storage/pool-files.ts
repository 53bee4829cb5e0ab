/**
 * The files of a pool as the VFS `opfs-sahpool` lays them out: each has a header of 4 KiB with the name it stands for (512 bytes), flags (4) and
 * a digest of both (8), then its content. Only closed pools are read and written here.
 */
import { openSyncFile } from './sync-file.ts'

const HEADER = 4_096
const PAGE = 4_096
const NAME = 512
const CORPUS = NAME + 4
const DIGEST_V2 = 0x80
const READ_WRITE_CREATE = 0x06
/** SQLite's kinds of files, as the pool's flags say them. */
const DATABASE = 0x100
const LOG = 0x8_0000
/** How a write-ahead log begins, encrypted or not. */
const LOG_MAGIC = [0x37, 0x7f, 0x06]
const CHUNK = 1 << 20

interface PoolFile {
  readonly handle: FileSystemFileHandle
  readonly size: number
  /** The name in its header, whether or not the digest agrees; empty for a spare file. */
  readonly stands: string
  /** First bytes of the content. */
  readonly first: Uint8Array
}

const folderOf = async (name: string, create: boolean): Promise<FileSystemDirectoryHandle> => {
  const root = await navigator.storage.getDirectory()
  return (await root.getDirectoryHandle(name, { create })).getDirectoryHandle('.opaque', { create })
}

const filesOf = async (name: string): Promise<readonly PoolFile[]> => {
  const files: PoolFile[] = []
  for await (const handle of (await folderOf(name, false)).values()) {
    if (!(handle instanceof FileSystemFileHandle)) continue
    const file = await handle.getFile()
    const header = new Uint8Array(await file.slice(0, HEADER + 16).arrayBuffer())
    const end = header.indexOf(0)
    const stands = new TextDecoder().decode(header.subarray(0, end < 0 ? NAME : Math.min(end, NAME)))
    files.push({ handle, size: file.size, stands, first: header.subarray(HEADER) })
  }
  return files
}

const headerOf = (path: string, kind: number): Uint8Array => {
  const header = new Uint8Array(HEADER)
  const view = new DataView(header.buffer)
  new TextEncoder().encodeInto(path, header)
  view.setUint32(NAME, kind | READ_WRITE_CREATE | DIGEST_V2)
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (const value of header.subarray(0, CORPUS)) {
    a = Math.imul(a ^ value, 2_654_435_761)
    b = Math.imul(b ^ value, 104_729)
  }
  // The pool writes the digest as its machine lays numbers out.
  header.set(new Uint8Array(Uint32Array.of(a, b).buffer), CORPUS)
  return header
}

const copy = async (from: PoolFile, to: FileSystemDirectoryHandle, header: Uint8Array): Promise<void> => {
  const file = await from.handle.getFile()
  const handle = await openSyncFile(await to.getFileHandle(from.handle.name, { create: true }))
  try {
    handle.truncate(0)
    handle.write(header, { at: 0 })
    for (let at = HEADER; at < file.size; at += CHUNK)
      handle.write(new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer()), { at })
    handle.flush()
  } finally {
    handle.close()
  }
}

/**
 * Copies database and log of the pool `from` to a new pool `to`, with headers that are whole. A database whose header is damaged is the largest
 * file that stands for nothing else. Answers false when there is no database at all.
 */
export const copyPool = async (from: string, to: string): Promise<boolean> => {
  const files = await filesOf(from)
  const isLog = ({ first }: PoolFile): boolean => LOG_MAGIC.every((byte, index) => first[index] === byte)
  const bySize = [...files].filter(({ size }) => size > HEADER).sort((a, b) => b.size - a.size)
  const log = files.find(({ stands }) => stands === `/${from}.db-wal`) ?? bySize.find(isLog)
  const database =
    files.find(({ stands }) => stands === `/${from}.db`) ??
    bySize.find((file) => file !== log && !isLog(file))
  if (!database) return false
  const folder = await folderOf(to, true)
  await copy(database, folder, headerOf(`/${to}.db`, DATABASE))
  if (log) await copy(log, folder, headerOf(`/${to}.db-wal`, LOG))
  return true
}

const databaseOf = async (name: string): Promise<PoolFile> => {
  const file = (await filesOf(name)).find(({ stands }) => stands === `/${name}.db`)
  if (!file) throw new Error(`${name} has no database`)
  return file
}

/** How many pages the database of a pool has. */
export const databasePages = async (name: string): Promise<number> =>
  Math.ceil(((await databaseOf(name)).size - HEADER) / PAGE)

/** Puts the first page of one pool's database in the place of another's. */
export const putFirstPage = async (from: string, to: string): Promise<void> => {
  const source = await (await databaseOf(from)).handle.getFile()
  const handle = await openSyncFile((await databaseOf(to)).handle)
  try {
    handle.write(new Uint8Array(await source.slice(HEADER, HEADER + PAGE).arrayBuffer()), { at: HEADER })
    handle.flush()
  } finally {
    handle.close()
  }
}

/** Size (bytes) and last change (ms since 1970) of each file of a pool but spare ones; none where there is no such pool. */
export const sizesIn = async (name: string): Promise<readonly { size: number; at: number }[]> => {
  const found: { size: number; at: number }[] = []
  const files = await filesOf(name).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'NotFoundError') return []
    throw error
  })
  for (const { handle, size } of files)
    if (size > HEADER) found.push({ size, at: (await handle.getFile()).lastModified })
  return found
}

/** Deletes a pool, or anything else of that name; nothing happens when it is not there. */
export const removeFiles = async (name: string): Promise<void> => {
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(name, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
  })
}
