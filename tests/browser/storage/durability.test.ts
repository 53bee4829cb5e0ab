/** What a commit was reported for outlives its worker; what was not committed leaves no trace. Many more moments: power-loss.test.ts. */
import { expect, test } from 'vitest'
import { diceOf } from './disk/random.ts'
import { textOf } from './operations.ts'
import { openWhenFree, startStoreWorker, type StoreWorker } from './store-worker.ts'

const ROUNDS = 10
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const untilTold = (worker: StoreWorker, wanted: number): Promise<void> =>
  new Promise((resolve) => worker.onTold((n) => n >= wanted && resolve()))

test('a worker ended inside a transaction that had outgrown the cache', async () => {
  const name = `cut-${crypto.randomUUID()}`
  const before = startStoreWorker()
  await before.call('open', name)
  await before.call('write', name, 0, 20)
  const inside = untilTold(before, 1_000)
  void before.call('stayInside', name, 1_000)
  await inside
  before.terminate()

  using after = startStoreWorker()
  await openWhenFree(after, name)
  expect(await after.call('texts', name)).toEqual(numbers(20).map(textOf))
  expect(await after.call('found', name, 'parrot')).toBe(20)
  expect(await after.call('found', name, 'lost')).toBe(0)
  await after.call('close', name)
  expect(await after.call('integrity', name)).toEqual(['ok'])
})

test.concurrent.each([1, 2])(
  `workers ended at ${ROUNDS} moments between and within commits: all that was told is there, in one piece (lane %i)`,
  async (seed) => {
    const dice = diceOf(seed)
    const name = `cuts-${crypto.randomUUID()}`
    let written = 0
    for (const round of numbers(ROUNDS)) {
      const worker = startStoreWorker()
      await openWhenFree(worker, name)
      const texts = await worker.call('texts', name)
      // More may be there than was heard of: words of a worker that was ended do not all arrive.
      expect(texts.length, `round ${round}`).toBeGreaterThanOrEqual(written)
      expect(texts).toEqual(numbers(texts.length).map(textOf))
      const enough = untilTold(worker, texts.length + dice.roll(4))
      void worker.call('write', name, texts.length, 1_000_000)
      await enough
      worker.terminate()
      written = (worker.told.at(-1) ?? texts.length - 1) + 1
    }
    using last = startStoreWorker()
    await openWhenFree(last, name)
    expect(await last.call('found', name, 'parrot')).toBeGreaterThanOrEqual(written)
    expect(await last.call('missing', name)).toBe(0)
    await last.call('close', name)
    expect(await last.call('integrity', name)).toEqual(['ok'])
  }
)

test('a closed store gives its files to the next worker while its own lives on', async () => {
  const name = `handover-${crypto.randomUUID()}`
  using first = startStoreWorker()
  using second = startStoreWorker()
  await first.call('open', name)
  await first.call('write', name, 0, 3)
  expect(await second.failure('open', name)).toBe('locked')
  await first.call('write', name, 3, 1)
  await first.call('close', name)
  await second.call('open', name)
  expect(await second.call('texts', name)).toEqual(numbers(4).map(textOf))
  expect(await first.failure('open', name)).toBe('locked')
  await second.call('close', name)
  await first.call('open', name)
  expect(await first.call('texts', name)).toEqual(numbers(4).map(textOf))
})
