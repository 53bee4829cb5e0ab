/** The keeper of the store: an app lock, newer releases, and deletion of all there is. */
import { expect, test, vi } from 'vitest'
import { err, ok } from '../../../src/lib/result.ts'
import { textOf } from './operations.ts'
import { filesOf, inKeys } from './origin.ts'
import { startStoreWorker, type StoreWorker } from './store-worker.ts'

const COUNT = 300
// Passphrases are made slow to guess.
vi.setConfig({ testTimeout: 300_000 })
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const wrong = err({ kind: 'input', reason: 'wrong-passphrase' })

const withTexts = async (worker: StoreWorker, name: string, count = COUNT): Promise<void> => {
  await worker.call('open', name)
  await worker.call('write', name, 0, count)
  await worker.call('close', name)
}

test('with an app lock only the passphrase opens the store; changing it rewrites no file; without it all is as before', async () => {
  const name = `lock-${crypto.randomUUID()}`
  using first = startStoreWorker()
  await withTexts(first, name)
  const before = await filesOf(name)
  const set = (passphrase: string, current: string | null) =>
    first.call('keep', name, 'setLock', { passphrase, current })
  expect(await first.call('keep', name, 'lockState', null)).toEqual(ok({ isSet: false, passkey: null }))
  expect(await set('short', null)).toEqual(err({ kind: 'input', reason: 'passphrase-too-short' }))
  expect(await set('correct horse', null)).toEqual(ok(null))
  expect(await first.call('keep', name, 'lockState', null)).toEqual(ok({ isSet: true, passkey: null }))
  expect(await set('another one', 'wrong')).toEqual(wrong)
  expect(await set('another one', null)).toEqual(wrong)
  expect(await set('battery staple', 'correct horse')).toEqual(ok(null))
  expect(await filesOf(name)).toEqual(before)
  const entry = await inKeys<{ wrapped: Uint8Array }>((store) => store.get(name))
  expect(entry.wrapped, 'wrapped twice').toHaveLength(12 + 32 + 16 + 16)

  // The worker that set it holds the key until it locks; another never had it.
  await first.call('keep', name, 'lock', null)
  expect(await first.failure('open', name)).toBe('app-locked')
  using second = startStoreWorker()
  expect(await second.failure('open', name)).toBe('app-locked')
  expect(await second.call('keep', name, 'unlock', { passphrase: 'correct horse' })).toEqual(wrong)
  expect(await second.failure('open', name)).toBe('app-locked')
  expect(await second.call('keep', name, 'unlock', { passphrase: 'battery staple' })).toEqual(ok(null))
  await second.call('open', name)
  expect(await second.call('texts', name)).toEqual(numbers(COUNT).map(textOf))
  await second.call('close', name)

  expect(await second.call('keep', name, 'removeLock', { current: 'wrong' })).toEqual(wrong)
  expect(await second.call('keep', name, 'removeLock', { current: 'battery staple' })).toEqual(ok(null))
  await first.call('open', name)
  expect(await first.call('texts', name)).toHaveLength(COUNT)
})

test('a passkey opens the lock beside the passphrase, after that has changed too; another does not, nor one that was removed', async () => {
  const name = `passkey-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name, 5)
  const before = await filesOf(name)
  const secretOf = (byte: number): Promise<CryptoKey> =>
    crypto.subtle.importKey('raw', new Uint8Array(32).fill(byte), 'HKDF', false, ['deriveKey'])
  const [secret, another] = [await secretOf(1), await secretOf(2)]
  const passkey = { credential: new Uint8Array([1, 2, 3]), salt: new Uint8Array(32).fill(4) }
  const add = (current: string) => worker.call('keep', name, 'addPasskey', { ...passkey, secret, current })
  const wrongPasskey = err({ kind: 'input', reason: 'wrong-passkey' })
  expect(await add('no lock yet')).toEqual(wrong)
  await worker.call('keep', name, 'setLock', { passphrase: 'correct horse', current: null })
  expect(await add('wrong')).toEqual(wrong)
  expect(await add('correct horse')).toEqual(ok(null))
  expect(await worker.call('keep', name, 'lockState', null)).toEqual(ok({ isSet: true, passkey }))
  await worker.call('keep', name, 'setLock', { passphrase: 'battery staple', current: 'correct horse' })
  expect(await filesOf(name), 'the database is not rewritten').toEqual(before)

  using other = startStoreWorker()
  expect(await other.call('keep', name, 'unlockWithPasskey', { secret: another })).toEqual(wrongPasskey)
  expect(await other.failure('open', name)).toBe('app-locked')
  expect(await other.call('keep', name, 'unlockWithPasskey', { secret })).toEqual(ok(null))
  await other.call('open', name)
  expect(await other.call('texts', name)).toHaveLength(5)
  await other.call('close', name)

  await other.call('keep', name, 'removePasskey', null)
  expect(await other.call('keep', name, 'unlockWithPasskey', { secret })).toEqual(wrongPasskey)
  await other.call('keep', name, 'addPasskey', { ...passkey, secret, current: 'battery staple' })
  await other.call('keep', name, 'removeLock', { current: 'battery staple' })
  expect(await other.call('keep', name, 'lockState', null), 'it goes with the lock').toEqual(
    ok({ isSet: false, passkey: null })
  )
})

test('a database of a newer release is told to be one, and an old tab writes nothing to it', async () => {
  const name = `newer-${crypto.randomUUID()}`
  using newer = startStoreWorker()
  await withTexts(newer, name, 5)
  await newer.call('makeNewer', name)
  const database = async () => [...(await filesOf(name)).values()].sort((a, b) => b.length - a.length).at(0)
  const before = await database()
  using old = startStoreWorker()
  expect(await old.failure('open', name)).toBe('newer-version')
  expect(await old.failure('open', name), 'and again').toBe('newer-version')
  expect(before?.length).toBeGreaterThan(100_000)
  expect(await database()).toEqual(before)
})

test('a wipe leaves neither files nor keys', async () => {
  const name = `wipe-${crypto.randomUUID()}`
  using worker = startStoreWorker()
  await withTexts(worker, name, 5)
  const entries = async (): Promise<string[]> => {
    const root = await navigator.storage.getDirectory()
    const found: string[] = []
    for await (const entry of root.keys()) if (entry.includes(name)) found.push(entry)
    return found
  }
  expect(await entries()).toHaveLength(2)
  expect(await worker.call('keep', name, 'wipe', null)).toEqual(ok(null))
  expect(await entries()).toEqual([])
  expect((await indexedDB.databases()).map((database) => database.name)).not.toContain('mepassa-keys')
  await worker.call('open', name)
  expect(await worker.call('texts', name)).toEqual([])
})
