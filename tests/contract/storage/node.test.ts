/** The suites over the engine of Node: in memory and on an encrypted file. */
import { readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openNodeDriver } from '../../../src/adapters/storage/node-driver.ts'
import { createNodeStorageHealth, openNodeStore } from '../../../src/adapters/storage/node-store.ts'
import { newFolder } from '../../support/profile.ts'
import { driverCases, fileDriverCases } from './driver-suite.ts'
import { bytesOf, ownAccount } from './samples.ts'
import { storeCases } from './store-suite.ts'

const KEY = 'ab'.repeat(32)

describe('the driver in memory', () => {
  test.each(driverCases)('$name', async ({ run }) => {
    await expect(run({ open: async () => openNodeDriver(':memory:', KEY) })).resolves.toBeUndefined()
  })
})

describe('the driver on a file', () => {
  test.each([...driverCases, ...fileDriverCases])('$name', async ({ run }) => {
    await using folder = await newFolder('driver')
    const path = join(folder.path, 'a.db')
    await expect(run({ open: async () => openNodeDriver(path, KEY) })).resolves.toBeUndefined()
  })
})

describe('the store in memory', () => {
  test.each(storeCases)('$name', async ({ run }) => {
    const store = await openNodeStore({ memory: true })
    await expect(Promise.resolve(run(store))).resolves.toBeUndefined()
    store.close()
  })
})

describe('the store on a file', () => {
  test.each(storeCases)('$name', async ({ run }) => {
    await using folder = await newFolder('store')
    const store = await openNodeStore({ path: join(folder.path, 'a.db') })
    await expect(Promise.resolve(run(store))).resolves.toBeUndefined()
    store.close()
  })
})

describe('the file', () => {
  test('holds what was written, after closing and opening, and says how much it uses', async () => {
    await using folder = await newFolder('store')
    const path = join(folder.path, 'deeper', 'a.db')
    const first = await openNodeStore({ path })
    first.transaction((tx) => tx.account.put(ownAccount))
    first.close()
    const second = await openNodeStore({ path })
    expect(second.read((tx) => tx.account.get())).toEqual(ownAccount)
    second.close()
    expect((await createNodeStorageHealth(path).estimate()).used).toBe((await stat(path)).size)
  })

  test('shows nothing in plain text, neither it nor its log; an unencrypted one would', async () => {
    await using folder = await newFolder('store')
    const secret = 'the parrot flies at noon'
    const text = async (path: string) => (await readFile(path)).toString('latin1')
    const path = join(folder.path, 'a.db')
    const store = await openNodeStore({ path })
    store.transaction((tx) => tx.settings.put('note', secret))
    for (const file of [path, `${path}-wal`]) {
      expect((await stat(file)).size, file).toBeGreaterThanOrEqual(4_096)
      expect(await text(file)).not.toMatch(/parrot|SQLite format 3|CREATE TABLE/)
    }
    store.close()
    expect(await text(path)).not.toMatch(/parrot|SQLite format 3|CREATE TABLE/)

    const { DatabaseSync } = await import('node:sqlite')
    const plain = new DatabaseSync(join(folder.path, 'plain.db'))
    plain.exec(`CREATE TABLE settings (value TEXT); INSERT INTO settings VALUES ('${secret}')`)
    plain.close()
    expect(await text(join(folder.path, 'plain.db'))).toMatch(/SQLite format 3[^]*parrot/)
  })

  test('has its key beside it, for its owner alone', async () => {
    await using folder = await newFolder('store')
    const path = join(folder.path, 'a.db')
    const store = await openNodeStore({ path })
    expect((await stat(`${path}.key`)).mode & 0o777).toBe(0o600)
    store.close()
  })

  test.each([
    ['its key is gone', (path: string) => unlink(`${path}.key`)],
    ['its key is another', (path: string) => writeFile(`${path}.key`, 'cd'.repeat(32))],
    ['its key is no key', (path: string) => writeFile(`${path}.key`, 'cd')],
    ['it is no database', (path: string) => writeFile(path, bytesOf(7, 8_192))],
  ])('is damaged, and left as it is, when %s', async (_, harm) => {
    await using folder = await newFolder('store')
    const path = join(folder.path, 'a.db')
    const store = await openNodeStore({ path })
    store.transaction((tx) => tx.account.put(ownAccount))
    store.close()
    await harm(path)
    const before = await readFile(path)
    await expect(openNodeStore({ path })).rejects.toMatchObject({
      error: { kind: 'storage', reason: 'damaged' },
    })
    expect(await readFile(path)).toEqual(before)
  })

  test('opens for one at a time', async () => {
    await using folder = await newFolder('store')
    const path = join(folder.path, 'a.db')
    const first = await openNodeStore({ path })
    await expect(openNodeStore({ path })).rejects.toMatchObject({ error: { reason: 'locked' } })
    first.transaction((tx) => tx.account.put(ownAccount))
    first.close()
    const second = await openNodeStore({ path })
    expect(second.read((tx) => tx.account.get()?.name)).toBe(ownAccount.name)
    second.close()
  })
})
