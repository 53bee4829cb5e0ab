/** The power fails at any write: what was reported is there, whole. Without the engine's flushes it is not, so this can fail. */
import { expect, test } from 'vitest'
import type { losePower, PowerReport } from './disk/power-loss.ts'
import { callWorker } from './disk/call-worker.ts'

const LONG = 300_000
const CRASHES = 75
const SEEDS = [1, 2, 3, 4]

const inWorker = (...args: Parameters<typeof losePower>): Promise<PowerReport> =>
  callWorker(new Worker(new URL('./disk/power.worker.ts', import.meta.url), { type: 'module' }), args)

test(
  `a disk that keeps what was flushed, and of the rest some sectors: ${SEEDS.length * CRASHES} crashes`,
  async () => {
    let [told, ahead] = [0, 0]
    // Each share has a worker of its own, for an engine is loaded for every life.
    const reports = await Promise.all(SEEDS.map((seed) => inWorker(seed, CRASHES, 'FULL')))
    for (const [share, report] of reports.entries()) {
      expect(report, `seed ${SEEDS[share]}`).toMatchObject({
        crashes: CRASHES,
        corrupt: 0,
        lost: 0,
        first: undefined,
      })
      told += report.told
      ahead += report.ahead
    }
    expect(told).toBeGreaterThan(2 * SEEDS.length * CRASHES)
    // Otherwise the power never failed between a commit and its report.
    expect(ahead).toBeGreaterThan(0)
  },
  LONG
)

test(
  'without flushes what was reported is lost, and this is seen',
  async () => {
    const report = await inWorker(5, 40, 'OFF')
    expect(report.lost).toBeGreaterThan(0)
  },
  LONG
)
