import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { expect } from 'vitest'

/** Of test files only. */
export const KEY = 'ab'.repeat(32)

/** All pages of the database, free ones too, without their encryption; the log is whatever is left beside it. */
export const decrypted = async (path: string, folder: string): Promise<string> => {
  const copy = join(folder, `copy-${crypto.randomUUID()}.db`)
  await copyFile(path, copy)
  await copyFile(`${path}-wal`, `${copy}-wal`)
  const database = new Database(copy)
  for (const pragma of [`cipher='chacha20'`, `hexkey='${KEY}'`, 'journal_mode=DELETE', `rekey=''`])
    database.exec(`PRAGMA ${pragma}`)
  database.close()
  const text = (await readFile(copy)).toString('latin1')
  expect(text).toContain('SQLite format 3')
  return text
}
