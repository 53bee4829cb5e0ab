/** The files say nothing without the key, and the key is kept by the browser. */
import { expect, test } from 'vitest'
import { filesOf, inKeys } from './origin.ts'
import { startStoreWorker } from './store-worker.ts'

const decoder = new TextDecoder('latin1')
const TELLTALE = /SQLite format 3|CREATE TABLE|parrot|noon/

test('no plain text lies in the files, neither while the store is open nor after; plain text would be found', async () => {
  const name = `secret-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await worker.call('open', name)
  await worker.call('write', name, 0, 60)
  expect(await worker.call('found', name, 'noon')).toBeGreaterThan(0)
  const open = await filesOf(name)
  await worker.call('close', name)
  const closed = await filesOf(name)
  for (const files of [open, closed]) {
    expect([...files.values()].reduce((sum, bytes) => sum + bytes.length, 0)).toBeGreaterThan(50_000)
    for (const [path, bytes] of files) expect(decoder.decode(bytes), path).not.toMatch(TELLTALE)
  }

  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(name)
  const planted = await (await folder.getFileHandle('plain', { create: true })).createWritable()
  await planted.write('SQLite format 3')
  await planted.close()
  const telling = [...(await filesOf(name))].filter(([, bytes]) => TELLTALE.test(decoder.decode(bytes)))
  expect(telling.map(([path]) => path)).toEqual(['/plain'])
})

test('the wrapping key cannot be taken out, and the database key is not stored bare', async () => {
  const name = `wrapped-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await worker.call('open', name)
  const entry = await inKeys<{ key: CryptoKey; wrapped: Uint8Array }>((store) => store.get(name))
  expect(entry.key.extractable).toBe(false)
  expect(entry.wrapped).toHaveLength(32 + 16)
  await expect(crypto.subtle.exportKey('raw', entry.key)).rejects.toMatchObject({
    name: 'InvalidAccessError',
  })
})

test('a database whose key is gone is damaged, and nothing of it is touched', async () => {
  const name = `keyless-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await worker.call('open', name)
  await worker.call('write', name, 0, 3)
  await worker.call('close', name)
  const before = await filesOf(name)
  const entry = await inKeys((store) => store.get(name))
  await inKeys((store) => store.delete(name))
  expect(await worker.failure('open', name)).toBe('damaged')
  expect(await filesOf(name)).toEqual(before)
  expect(await inKeys((store) => store.count(name)), 'no new key').toBe(0)

  await inKeys((store) => store.put(entry, name))
  await worker.call('open', name)
  expect(await worker.call('texts', name)).toHaveLength(3)
})

test('a wrapped key that was tampered with is damaged', async () => {
  const name = `tampered-${crypto.randomUUID()}`
  using maker = startStoreWorker()
  await maker.call('open', name)
  await maker.call('close', name)
  using worker = startStoreWorker()
  const entry = await inKeys<{ wrapped: Uint8Array }>((store) => store.get(name))
  await inKeys((store) => store.put({ ...entry, wrapped: entry.wrapped.map((byte) => byte ^ 1) }, name))
  expect(await worker.failure('open', name)).toBe('damaged')
  await inKeys((store) => store.put({ ...entry, wrapped: 'text' }, name))
  expect(await worker.failure('open', name)).toBe('damaged')
})

test('a database that the browser removed is told to be evicted, not silently begun anew', async () => {
  const name = `evicted-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await worker.call('open', name)
  await worker.call('write', name, 0, 3)
  await worker.call('close', name)
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(name, { recursive: true })
  expect(await worker.failure('open', name)).toBe('evicted')
  expect(await worker.failure('open', name), 'and again').toBe('evicted')
})
