import { StorageFailure } from '../../core/ports/storage.ts'
import { transact, type SqlDriver } from './driver.ts'
import { first } from './migrations/0001-first.ts'
import { search } from './migrations/0002-search.ts'
import { unreadAndProfiles } from './migrations/0003-unread-and-profiles.ts'
import { editsAndTheRest } from './migrations/0004-edits-and-the-rest.ts'
import { indexLater } from './migrations/0005-index-later.ts'
import { clearInSteps } from './migrations/0006-clear-in-steps.ts'
import { foldAll } from './migrations/0007-fold-all.ts'
import { vanishing } from './migrations/0008-vanishing.ts'

/** Forward only; a migration that was shipped never changes. Its number is its place. */
const MIGRATIONS: readonly string[] = [
  first,
  search,
  unreadAndProfiles,
  editsAndTheRest,
  indexLater,
  clearInSteps,
  foldAll,
  vanishing,
]

/**
 * Brings the schema up to date, each step in a transaction of its own. A database of a newer version is left alone: throws
 * `StorageFailure` ("newer-version").
 * @param onBegin is called before a database of an earlier version is changed, which may take its time
 */
export const migrate = (
  driver: SqlDriver,
  migrations: readonly string[] = MIGRATIONS,
  onBegin?: () => void
): void => {
  const version = Number(driver.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version > migrations.length) throw new StorageFailure('newer-version')
  if (version > 0 && version < migrations.length) onBegin?.()
  migrations.slice(version).forEach((sql, index) =>
    transact(driver, () => {
      driver.exec(sql)
      driver.exec(`PRAGMA user_version=${version + index + 1}`)
    })
  )
}
