/** One bit flips somewhere below the engine: it is noticed and said, and nothing else is ever read. */
import { expect, test } from 'vitest'
import type { Flip, flipBits, Outcome } from './disk/damage.ts'
import { callWorker } from './disk/call-worker.ts'

const inWorker = (...args: Parameters<typeof flipBits>): Promise<readonly Flip[]> =>
  callWorker(new Worker(new URL('./disk/damage.worker.ts', import.meta.url), { type: 'module' }), args)

const outcomesOf = (flips: readonly Flip[]): Outcome[] => [...new Set(flips.map(({ outcome }) => outcome))]

test('in the database: every byte of every page is authenticated, those in plain sight too', async () => {
  const flips = await inWorker('database', 1, 60)
  expect(flips).toHaveLength(60)
  expect(
    flips.filter(({ outcome }) => outcome !== 'damaged'),
    'unnoticed'
  ).toEqual([])
})

test('in the log: commits from there on are gone, nothing else is, and exactly so many are said to be missing', async () => {
  const flips = await inWorker('log', 2, 40)
  expect(flips).toHaveLength(40)
  expect(flips.filter(({ outcome }) => outcome !== 'cut' && outcome !== 'whole')).toEqual([])
  expect(outcomesOf(flips)).toContain('cut')
})

test("in the pool's header of the database: that is damage, and not a byte behind it is touched", async () => {
  const flips = await inWorker('pool', 3, 25)
  expect(flips).toHaveLength(25)
  expect(outcomesOf(flips)).toEqual(['damaged'])
})

test('in the count of commits that is kept apart: no alarm, and nothing is missing', async () => {
  const flips = await inWorker('mark', 4, 4)
  expect(flips).toHaveLength(4)
  expect(outcomesOf(flips)).toEqual(['whole'])
})
