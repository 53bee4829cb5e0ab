import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** SQLite's code for a file that somebody else has locked. */
const BUSY = 5

/**
 * Takes a data folder for this process alone; answers what gives it back. The lock is the operating system's, on a file in the folder: it
 * holds for every process that sees the folder, in whatever container, and ends with the process, however that ends. Giving it back twice is giving it back. Throws when another
 * has it, and when the folder cannot be written or its file system has no locks.
 */
export const holdFolder = (dataDir: string): (() => void) => {
  let lock: DatabaseSync | undefined
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(join(dataDir, 'relay.lock'))
    lock.exec('begin exclusive')
  } catch (error) {
    lock?.close()
    throw new Error(reasonOf(dataDir, error), { cause: error })
  }
  const held = lock
  return () => {
    if (held.isOpen) held.close()
  }
}

const reasonOf = (dataDir: string, error: unknown): string =>
  (error as { errcode?: number }).errcode === BUSY
    ? `a relay or another command uses ${dataDir}: stop it first`
    : `the data folder ${dataDir} cannot be used (${(error as Error).message}): it must be writable, on a file system with locks`
