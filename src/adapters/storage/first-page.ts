import { openBrowserDriver } from './browser-driver.ts'
import type { SqlDriver } from './driver.ts'
import { outlineOf, restoreSchema, type Outline } from './outline.ts'
import { databasePages, putFirstPage, removeFiles } from './pool-files.ts'

/** Where a database's header says how many pages it has, https://sqlite.org/fileformat.html#in_header_database_size */
const PAGE_COUNT = 28

/**
 * Opens a copy of a database whose first page is damaged: without it nothing of a file can be read, and what it says is known otherwise. An
 * empty database with the same key and salt gives its first page, and the outline the places of the tables. Throws `StorageFailure`.
 * @param whole a database of the same release
 */
export const openWithoutFirstPage = async (
  name: string,
  keyHex: string,
  { whole, outline }: { readonly whole: SqlDriver; readonly outline: Outline }
): Promise<SqlDriver> => {
  const blank = `${name}-blank`
  await removeFiles(blank)
  try {
    const empty = await openBrowserDriver({ name: blank, keyHex, saltHex: outline.salt, isUsed: false })
    try {
      const page = empty.prepare('SELECT data FROM sqlite_dbpage WHERE pgno = 1').get()?.['data']
      if (!(page instanceof Uint8Array)) throw new Error('the engine has no sqlite_dbpage')
      const claimed = page.slice()
      new DataView(claimed.buffer).setUint32(PAGE_COUNT, await databasePages(name))
      empty.prepare('UPDATE sqlite_dbpage SET data = ? WHERE pgno = 1').run(claimed)
    } finally {
      empty.close()
    }
    await putFirstPage(blank, name)
  } finally {
    await removeFiles(blank)
  }
  const driver = await openBrowserDriver({ name, keyHex, isUsed: true })
  // The log may hold a newer first page, and with it all that is needed.
  if (outlineOf(driver).roots.length === 0) restoreSchema(driver, whole, outline)
  return driver
}
