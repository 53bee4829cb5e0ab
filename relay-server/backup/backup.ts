import { chmod, copyFile, cp, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import * as v from 'valibot'
import { openSqlite } from '../db/open-sqlite.ts'
import { sqliteFile } from '../db/sqlite-file.ts'
import { blobFolder } from '../blobs/blob-files.ts'
import { copyBlobs } from './copy-blobs.ts'
import { copyTables, countRows, isEmpty, type Counts } from './copy-tables.ts'
import { openCopy, openExisting, openServer, openTarget, withDb, type Place } from './database.ts'

/** What belongs to a relay beside its database; each is there or not. */
const FILES = ['relay-keys.json', 'admin-token', 'turn-secret']
const MANIFEST = 'backup.json'
const ManifestSchema = v.object({
  format: v.literal(1),
  /** ISO 8601. */
  made: v.string(),
  rows: v.record(v.string(), v.number()),
})

/**
 * Writes a backup of a running or stopped relay into a new folder: its database as it is at one moment, always as one SQLite file, and its
 * keys. Attachments come along unless they are at S3. The folder appears when it is whole. Throws when it exists.
 */
export const backup = async ({ dataDir, databaseUrl }: Place, folder: string, now: Date): Promise<Counts> => {
  if (await isThere(folder)) throw new Error(`${folder} is there already; a backup goes into a new folder`)
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  const file = sqliteFile(partial)
  if (databaseUrl === null)
    await withDb(openExisting(sqliteFile(dataDir)), (db) => sql`vacuum into ${file}`.execute(db))
  else
    await withDb(openServer(databaseUrl), (from) =>
      withDb(openSqlite(file), (to) => copyTables(from, to, true))
    )
  const rows = await withDb(openExisting(file), async (db) => {
    await copyBlobs(db, blobFolder(dataDir), blobFolder(partial))
    return countRows(db)
  })
  for (const name of FILES) await copyIfThere(join(dataDir, name), join(partial, name))
  const manifest: v.InferOutput<typeof ManifestSchema> = { format: 1, made: now.toISOString(), rows }
  await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const { name } of (await readdir(partial, { withFileTypes: true })).filter((one) => one.isFile()))
    await secure(join(partial, name))
  await rename(partial, folder)
  return rows
}

/**
 * Puts a backup into an empty place: its keys into the data folder, its rows into the database that the settings name. Throws, and changes
 * nothing, when the backup is not whole or the place is taken.
 */
export const restore = async ({ dataDir, databaseUrl }: Place, folder: string): Promise<Counts> => {
  const manifest = v.parse(ManifestSchema, JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')))
  for (const name of FILES)
    if ((await isThere(join(folder, name))) && (await isThere(join(dataDir, name))))
      throw new Error(`${join(dataDir, name)} is there already; restore into an empty data folder`)
  const file = sqliteFile(dataDir)
  if (databaseUrl === null && (await isThere(file)))
    throw new Error(`${file} is there already; restore into an empty data folder`)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // A copy, since opening brings it up to date, and a backup is not to change.
  const copy = `${file}.restoring`
  await copyFile(sqliteFile(folder), copy)
  try {
    const rows = await withDb(openCopy(copy), async (from) => {
      await checkFile(from, manifest.rows)
      return databaseUrl === null
        ? manifest.rows
        : withDb(openTarget(databaseUrl), (to) => copyTables(from, to, false))
    })
    await cp(blobFolder(folder), blobFolder(dataDir), { recursive: true }).catch(ignoreMissing)
    await secure(copy)
    if (databaseUrl === null) await rename(copy, file)
    for (const name of FILES) await copyIfThere(join(folder, name), join(dataDir, name))
    return rows
  } finally {
    for (const ending of ['', '-wal', '-shm']) await rm(copy + ending, { force: true })
  }
}

/**
 * Moves a stopped relay from its SQLite file into an empty PostgreSQL. The file is renamed, so that a relay that is started without the
 * setting does not go on with old data.
 */
export const moveToPostgres = async ({ dataDir, databaseUrl }: Place): Promise<Counts> => {
  if (databaseUrl === null) throw new Error('DATABASE_URL must say which PostgreSQL to move to')
  const file = sqliteFile(dataDir)
  const rows = await withDb(openExisting(file), (from) =>
    withDb(openTarget(databaseUrl), async (to) => {
      if (!(await isEmpty(to))) throw new Error('the PostgreSQL database already holds data')
      return copyTables(from, to, false)
    })
  )
  await rename(file, `${file}.moved`)
  return rows
}

/** Throws when the file is broken or lacks rows. */
const checkFile = async (db: Parameters<typeof countRows>[0], expected: Counts): Promise<void> => {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check`.execute(db)
  const counts = await countRows(db)
  const whole =
    rows[0]?.quick_check === 'ok' && Object.keys(expected).every((name) => counts[name] === expected[name])
  if (!whole) throw new Error('the backup is broken: its database does not hold what it should')
}

const isThere = (path: string): Promise<boolean> =>
  open(path).then(
    async (handle) => {
      await handle.close()
      return true
    },
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    }
  )

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}

const copyIfThere = async (from: string, to: string): Promise<void> => {
  if (!(await isThere(from))) return
  await copyFile(from, to)
  await secure(to)
}

/** For its owner alone, and on disk. */
const secure = async (path: string): Promise<void> => {
  await chmod(path, 0o600)
  const handle = await open(path)
  await handle.sync().finally(() => handle.close())
}
