/**
 * The acts of failed-init.test.ts, here because only a dedicated worker has sync access handles: a pool with a row in its
 * database, an opener that fails, and another one after it.
 */
import sqlite3InitModule from '@evolu/sqlite-wasm'
import type { Obstacle, Outcome } from './failed-init.ts'

type Engine = Awaited<ReturnType<typeof sqlite3InitModule>>

const engine = (): Promise<Engine> =>
  sqlite3InitModule({ print: () => undefined, printErr: () => undefined })
const install = (sqlite3: Engine, directory: string) => {
  // Not among the engine's types yet.
  const options = { name: 'opfs-sahpool', directory, forceReinitIfPreviouslyFailed: true, verbosity: 0 }
  return sqlite3.installOpfsSAHPoolVfs(options)
}

self.onmessage = ({ data }: MessageEvent<Obstacle>) => {
  act(data).then(
    (outcome) => self.postMessage(outcome),
    // Thrown where the page sees it: a rejected promise would end here unheard.
    (error: unknown) =>
      setTimeout(() => {
        throw error
      })
  )
}

async function act(obstacle: Obstacle): Promise<Outcome> {
  const directory = `/pool-${crypto.randomUUID()}`
  await withDatabase(await engine(), directory, (database) =>
    database.exec("CREATE TABLE t (x); INSERT INTO t VALUES ('kept')")
  )
  const filesBefore = await poolFiles(directory)

  const failing = await engine()
  const { error, release } = await failToOpen(failing, directory, obstacle)
  const filesAfter = await poolFiles(directory)
  release()

  const rows: unknown[] = []
  for (const next of [failing, await engine()])
    await withDatabase(next, directory, (database) => rows.push(database.selectValue('SELECT x FROM t')))
  return { error, filesBefore, filesAfter, rows }
}

async function withDatabase(
  sqlite3: Engine,
  directory: string,
  use: (database: { exec(sql: string): unknown; selectValue(sql: string): unknown }) => unknown
): Promise<void> {
  const pool = await install(sqlite3, directory)
  const database = new pool.OpfsSAHPoolDb('/kept.db')
  use(database)
  database.close()
  pool.pauseVfs()
}

/** Opens the pool while another handle is on one of its files. `release` lets that one go, if it has not yet. */
async function failToOpen(sqlite3: Engine, directory: string, obstacle: Obstacle) {
  const folder = await opaqueFolder(directory)
  const [name = ''] = await poolFiles(directory)
  const held = await folder.getFileHandle(name)
  const holder = await held.createSyncAccessHandle()
  const restore = obstacle === 'let go meanwhile' ? letGoWhenRefused(name, holder) : () => undefined
  const error = await install(sqlite3, directory).then(
    () => 'none',
    (reason: unknown) => (reason instanceof Error ? reason.name : String(reason))
  )
  restore()
  return { error, release: () => holder.close() }
}

/**
 * The moment at which the other tab closes decides: here it does so when the opener has every other file and is refused
 * this one, before it learns of that.
 */
function letGoWhenRefused(name: string, holder: FileSystemSyncAccessHandle): () => void {
  const prototype = FileSystemFileHandle.prototype
  const original = prototype.createSyncAccessHandle
  const granted: Promise<unknown>[] = []
  prototype.createSyncAccessHandle = async function (this: FileSystemFileHandle) {
    const handle = original.call(this)
    if (this.name !== name) {
      granted.push(handle)
      return handle
    }
    try {
      return await handle
    } catch (error) {
      await Promise.all(granted)
      holder.close()
      throw error
    }
  }
  return () => {
    prototype.createSyncAccessHandle = original
  }
}

async function poolFiles(directory: string): Promise<string[]> {
  const folder = await opaqueFolder(directory)
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  return names.sort()
}

/** Where the engine keeps the files of a pool. Throws NotFoundError when that is gone. */
async function opaqueFolder(directory: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  const pool = await root.getDirectoryHandle(directory.slice(1))
  return pool.getDirectoryHandle('.opaque')
}
