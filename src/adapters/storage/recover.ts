import type { RecoveryReport } from '../../core/domain/keeper.ts'
import { StorageFailure } from '../../core/ports/storage.ts'
import { toHex } from '../../lib/bytes.ts'
import { openBrowserDriver } from './browser-driver.ts'
import { openCommitMark } from './commit-mark.ts'
import { countOf, noteMissing } from './commits.ts'
import { attempt } from './copy-rows.ts'
import type { SqlDriver } from './driver.ts'
import { openWithoutFirstPage } from './first-page.ts'
import type { Outline } from './outline.ts'
import { copyPool, removeFiles } from './pool-files.ts'
import { salvage, type TableSalvage } from './salvage.ts'
import { createStore } from './store.ts'

interface Recovery {
  readonly from: string
  readonly to: string
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly outline: Outline | undefined
}

/**
 * Saves what is readable in the pool `from` to a new pool `to`. The damaged files are copied and the copy is read, so that they stay as they
 * are, whatever happens. What an earlier attempt left in `to` is removed first. Throws `StorageFailure`.
 */
export const recoverPool = async ({ from, to, key, outline }: Recovery): Promise<RecoveryReport> => {
  const scratch = `${to}-copy`
  await removeFiles(scratch)
  await removeFiles(to)
  const keyHex = toHex(key)
  try {
    const isThere = await copyPool(from, scratch)
    const fresh = await openBrowserDriver({ name: to, keyHex, isUsed: false })
    try {
      createStore(fresh)
      const tables = isThere
        ? await readInto(fresh, { name: scratch, marked: from, keyHex, outline })
        : new Map<string, TableSalvage>()
      fresh.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
      return reportOf(tables, from)
    } finally {
      fresh.close()
    }
  } finally {
    await removeFiles(scratch)
  }
}

interface Copy extends Pick<Recovery, 'outline'> {
  readonly name: string
  /** The database that it is a copy of. */
  readonly marked: string
  readonly keyHex: string
}

/** Commits that were reported, as far as is known: the number is for the person, and no recovery fails for it. */
const markOf = async (name: string): Promise<number> => {
  const mark = await openCommitMark(name).catch(() => undefined)
  const count = mark?.read() ?? 0
  mark?.close()
  return count
}

/** Undefined when nothing of it can be read. Anything else, such as a full disk, is thrown. */
const unlessDamaged = async (opening: Promise<SqlDriver>): Promise<SqlDriver | undefined> => {
  try {
    return await opening
  } catch (error) {
    if (error instanceof StorageFailure && error.error.reason === 'damaged') return undefined
    throw error
  }
}

const openCopy = async (fresh: SqlDriver, { name, keyHex, outline }: Copy): Promise<SqlDriver | undefined> =>
  (await unlessDamaged(openBrowserDriver({ name, keyHex, isUsed: true }))) ??
  (outline && (await unlessDamaged(openWithoutFirstPage(name, keyHex, { whole: fresh, outline }))))

const readInto = async (fresh: SqlDriver, copy: Copy): Promise<ReadonlyMap<string, TableSalvage>> => {
  const damaged = await openCopy(fresh, copy)
  if (!damaged) return new Map()
  try {
    const tables = salvage(damaged, fresh)
    const held = attempt(() => countOf(damaged))
    const missing = held === undefined ? 0 : (await markOf(copy.marked)) - held
    if (missing > 0) noteMissing(fresh, missing)
    return tables
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
