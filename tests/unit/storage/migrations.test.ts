/** Every file that was ever written opens, with all that was in it; one from the future is left alone. */
import { copyFile, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { migrate } from '../../../src/adapters/storage/migrate.ts'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import type { SqlDriver } from '../../../src/adapters/storage/driver.ts'
import { createStore } from '../../../src/adapters/storage/store.ts'
import { newFolder } from '../../support/profile.ts'
import { contentsOf, writeOldFile } from './old-file.ts'
import { OLD_FILE_KEY } from './old-file-key.ts'

const FOLDER = new URL('./old-files/', import.meta.url)
const oldFiles = await readdir(FOLDER)
const LATEST = oldFiles.length

const memory = (): SqlDriver => openNodeDriver(':memory:', OLD_FILE_KEY)
const versionOf = (driver: SqlDriver): unknown =>
  driver.prepare('PRAGMA user_version').get()?.['user_version']
const schemaOf = (driver: SqlDriver): unknown =>
  driver.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all()

test('a file of every version is kept', () => {
  const driver = memory()
  migrate(driver)
  expect(oldFiles).toEqual(Array.from({ length: Number(versionOf(driver)) }, (_, n) => `version-${n + 1}.db`))
})

test.each(oldFiles)('%s opens with all that was in it and becomes like a new one', async (name) => {
  await using folder = await newFolder('migrations')
  const [old, fresh] = [join(folder.path, 'old.db'), join(folder.path, 'fresh.db')]
  await copyFile(new URL(name, FOLDER), old)
  writeOldFile(fresh)
  const [oldDriver, freshDriver] = [old, fresh].map((path) => openNodeDriver(path, OLD_FILE_KEY))
  if (!oldDriver || !freshDriver) throw new Error('two drivers')
  const [migrated, expected] = [createStore(oldDriver), createStore(freshDriver)]
  expect(contentsOf(migrated)).toEqual(contentsOf(expected))
  expect(versionOf(oldDriver)).toBe(LATEST)
  // A migration that was shipped and then changed would show here.
  expect(schemaOf(oldDriver)).toEqual(schemaOf(freshDriver))
  expect(oldDriver.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(oldDriver.prepare('PRAGMA foreign_key_check').all()).toEqual([])
  migrated.close()
  expected.close()
})

test('a database of a newer version is refused and not touched', async () => {
  await using folder = await newFolder('migrations')
  const path = join(folder.path, 'a.db')
  writeOldFile(path)
  const future = openNodeDriver(path, OLD_FILE_KEY)
  future.exec(`PRAGMA user_version=${LATEST + 1}`)
  future.close()
  const before = await readFile(path)
  const driver = openNodeDriver(path, OLD_FILE_KEY)
  expect(() => createStore(driver)).toThrow(
    expect.objectContaining({ error: { kind: 'storage', reason: 'newer-version' } })
  )
  driver.close()
  expect(await readFile(path)).toEqual(before)
})

test('it is said before an earlier version is changed, and not of a new database or one that is up to date', () => {
  const driver = memory()
  const told: unknown[] = []
  const tell = (): void => void told.push(versionOf(driver))
  const steps = ['CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'CREATE TABLE c (x)']
  migrate(driver, steps.slice(0, 1), tell)
  migrate(driver, steps.slice(0, 1), tell)
  expect(told).toEqual([])
  migrate(driver, steps, tell)
  expect([told, versionOf(driver)]).toEqual([[1], 3])
})

test('migrations run in order, each once, and one that fails leaves the version before it', () => {
  const driver = memory()
  const steps = ['CREATE TABLE a (x)', 'CREATE TABLE b (x); INSERT INTO b VALUES (1)']
  migrate(driver, steps.slice(0, 1))
  expect(versionOf(driver)).toBe(1)
  expect(() => migrate(driver, [...steps, 'CREATE TABLE c (x); SELECT nonsense'])).toThrow('storage')
  expect(versionOf(driver)).toBe(2)
  expect(driver.prepare('SELECT count(*) AS n FROM b').get()).toEqual({ n: 1 })
  expect(driver.prepare("SELECT name FROM sqlite_schema WHERE name = 'c'").get()).toBeUndefined()
  migrate(driver, [...steps, 'CREATE TABLE c (x)'])
  expect([versionOf(driver), driver.prepare('SELECT count(*) AS n FROM b').get()]).toEqual([3, { n: 1 }])
})
