/** What was deleted is in no page that the browser's own engine keeps, nor in its log: read without the encryption. */
import { expect, test } from 'vitest'
import { filesOf } from './origin.ts'
import { startStoreWorker, type StoreWorker } from './store-worker.ts'

/** Seven letters that no other text holds, so that the indexes have terms of their own for them. */
const SECRET = 'zyzzyva'
const COUNT = 150
/** What the pool puts before a file. */
const HEADER = 4_096

const ways: readonly {
  readonly how: string
  readonly act: (worker: StoreWorker, name: string) => Promise<unknown>
}[] = [
  { how: 'removed', act: (worker, name) => worker.call('remove', name, COUNT) },
  { how: 'edited', act: (worker, name) => worker.call('edit', name, COUNT, 'other words') },
  { how: 'in a chat of which all was deleted', act: (worker, name) => worker.call('clear', name) },
]

test.each(ways)(
  'what was $how is in the pages before, and afterwards in none, nor in the log',
  async ({ act }) => {
    const name = `vanish-${crypto.randomUUID()}`
    using worker = startStoreWorker()
    await worker.call('open', name)
    await worker.call('write', name, 0, COUNT)
    await worker.call('say', name, COUNT, `${SECRET} flies`)
    expect(await worker.call('found', name, SECRET)).toBe(1)
    await worker.call('close', name)
    // The message itself, and the index of words.
    expect(await worker.call('holding', name, SECRET)).toBeGreaterThanOrEqual(2)

    const logOf = async (): Promise<number> => {
      const decoder = new TextDecoder('latin1')
      const isLog = ([, bytes]: [string, Uint8Array]): boolean =>
        decoder.decode(bytes.subarray(0, 512)).startsWith(`/${name}.db-wal`)
      return [...(await filesOf(name))].find(isLog)?.[1].length ?? 0
    }
    await worker.call('open', name)
    await worker.call('say', name, COUNT + 1, 'another')
    expect(await logOf()).toBeGreaterThan(HEADER)
    await act(worker, name)
    await worker.call('takeOut', name)
    expect(await logOf(), 'the log').toBeLessThanOrEqual(HEADER)
    expect(await worker.call('found', name, SECRET)).toBe(0)
    await worker.call('close', name)
    expect(await worker.call('holding', name, SECRET)).toBe(0)
  }
)
