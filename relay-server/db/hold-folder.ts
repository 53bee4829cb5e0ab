import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** SQLite's code for a file that somebody else has locked. */
const BUSY = 5

/**
 * Takes a data folder for this process alone; answers what gives it back. The lock is the operating system's, on a file in the folder: it
 * holds for every process that sees the folder, in whatever container, and ends with the process, however that ends. Throws when another
 * has it.
 */
export const holdFolder = (dataDir: string): (() => void) => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(join(dataDir, 'relay.lock'))
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== BUSY) throw error
    throw new Error(`a relay or another command uses ${dataDir}: stop it first`, { cause: error })
  }
  return () => lock.close()
}
