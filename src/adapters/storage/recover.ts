import type { RecoveryReport } from '../../core/domain/keeper.ts'
import { StorageFailure } from '../../core/ports/storage.ts'
import { toHex } from '../../lib/bytes.ts'
import { openBrowserDriver } from './browser-driver.ts'
import type { SqlDriver } from './driver.ts'
import { copyPool, removeFiles } from './pool-files.ts'
import { salvage, type TableSalvage } from './salvage.ts'
import { createStore } from './store.ts'

/**
 * Saves what is readable in the pool `from` to a new pool `to`. The damaged files are copied and the copy is read, so that they stay as they
 * are, whatever happens. What an earlier attempt left in `to` is removed first. Throws `StorageFailure`.
 * @param key 32 bytes
 */
export const recoverPool = async (from: string, to: string, key: Uint8Array): Promise<RecoveryReport> => {
  const scratch = `${to}-copy`
  await removeFiles(scratch)
  await removeFiles(to)
  const keyHex = toHex(key)
  try {
    const isThere = await copyPool(from, scratch)
    const fresh = await openBrowserDriver({ name: to, keyHex, isUsed: false })
    try {
      createStore(fresh)
      const tables = isThere ? await readInto(scratch, keyHex, fresh) : new Map<string, TableSalvage>()
      fresh.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      return reportOf(tables, from)
    } finally {
      fresh.close()
    }
  } finally {
    await removeFiles(scratch)
  }
}

const readInto = async (
  scratch: string,
  keyHex: string,
  fresh: SqlDriver
): Promise<ReadonlyMap<string, TableSalvage>> => {
  let damaged: SqlDriver
  try {
    damaged = await openBrowserDriver({ name: scratch, keyHex, isUsed: true })
  } catch (error) {
    // Nothing of it can be read; anything else, such as a full disk, is told.
    if (error instanceof StorageFailure && error.error.reason === 'damaged') return new Map()
    throw error
  }
  try {
    return salvage(damaged, fresh)
  } finally {
    damaged.close()
  }
}

const reportOf = (tables: ReadonlyMap<string, TableSalvage>, keptFolder: string): RecoveryReport => ({
  messages: tables.get('messages')?.kept ?? 0,
  contacts: tables.get('contacts')?.kept ?? 0,
  lostMessages: tables.get('messages')?.lost ?? 0,
  lostOthers: [...tables].reduce((sum, [name, { lost }]) => (name === 'messages' ? sum : sum + lost), 0),
  keptFolder,
})
